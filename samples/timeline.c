/* See timeline.h. */
#define _GNU_SOURCE
#include "timeline.h"

#include <errno.h>
#include <future.h>
#include <stdbool.h>
#include <stdlib.h>

/* Which lane is this thread's; a thread that never joined has the first. */
static _Thread_local size_t my_lane;

int timeline_init(struct timeline *timeline, size_t lanes, size_t spans)
{
	*timeline = (struct timeline){ 0 };
	timeline->lanes = calloc(lanes, sizeof(*timeline->lanes));
	if (timeline->lanes == NULL)
		return ENOMEM;
	timeline->lane_count = lanes;
	for (size_t i = 0; i < lanes; i++) {
		struct lane *lane = &timeline->lanes[i];

		lane->spans = calloc(spans, sizeof(*lane->spans));
		if (lane->spans == NULL) {
			timeline_fini(timeline);
			return ENOMEM;
		}
		lane->capacity = spans;
	}
	return 0;
}

void timeline_fini(struct timeline *timeline)
{
	for (size_t i = 0; i < timeline->lane_count; i++)
		free(timeline->lanes[i].spans);
	free(timeline->lanes);
	timeline->lanes = NULL;
	timeline->lane_count = 0;
}

void timeline_start(struct timeline *timeline)
{
	timeline->origin_ns = future_now().ns;
}

void timeline_stop(struct timeline *timeline)
{
	timeline->end_ns = timeline_now_ns(timeline);
}

int64_t timeline_now_ns(const struct timeline *timeline)
{
	return future_now().ns - timeline->origin_ns;
}

void timeline_join(void *arg)
{
	struct timeline *timeline = arg;

	my_lane = atomic_fetch_add(&timeline->joined, 1) + 1;
}

void timeline_enter(struct timeline *timeline, enum span_kind kind)
{
	struct lane *lane = &timeline->lanes[my_lane];

	lane->open.kind = kind;
	lane->open.start_ns = timeline_now_ns(timeline);
}

/* Units of work come by the thousand and are drawn as one span. */
static bool span_merges(const struct lane *lane)
{
	return lane->open.kind == SPAN_WORKING && lane->count > 0 &&
		lane->spans[lane->count - 1].kind == SPAN_WORKING;
}

void timeline_leave(struct timeline *timeline)
{
	struct lane *lane = &timeline->lanes[my_lane];

	lane->open.end_ns = timeline_now_ns(timeline);
	lane->total_ns[lane->open.kind] +=
		lane->open.end_ns - lane->open.start_ns;
	if (span_merges(lane))
		lane->spans[lane->count - 1].end_ns = lane->open.end_ns;
	else if (lane->count < lane->capacity)
		lane->spans[lane->count++] = lane->open;
}

enum span_kind lane_at(const struct lane *lane, int64_t start_ns,
	int64_t end_ns)
{
	int64_t sum_ns[SPAN_KINDS] = { [SPAN_IDLE] = end_ns - start_ns };
	enum span_kind most = SPAN_IDLE;

	for (size_t i = 0; i < lane->count; i++) {
		const struct span *span = &lane->spans[i];
		int64_t from = span->start_ns, to = span->end_ns;

		if (from < start_ns)
			from = start_ns;
		if (to > end_ns)
			to = end_ns;
		if (to <= from)
			continue;
		sum_ns[span->kind] += to - from;
		sum_ns[SPAN_IDLE] -= to - from;
	}
	for (int kind = SPAN_IDLE + 1; kind < SPAN_KINDS; kind++)
		if (sum_ns[kind] > sum_ns[most])
			most = (enum span_kind)kind;
	return most;
}

int64_t timeline_step_ns(int64_t length_ns, int most)
{
	int64_t step_ns = 1000;

	for (;; step_ns *= 10) {
		if (length_ns / step_ns <= most)
			return step_ns;
		if (length_ns / (step_ns * 2) <= most)
			return step_ns * 2;
		if (length_ns / (step_ns * 5) <= most)
			return step_ns * 5;
	}
}
