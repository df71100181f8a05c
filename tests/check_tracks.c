/* Tracks: what becomes of records that no thread makes every time. */
#define _GNU_SOURCE
#include "check.h"
#include "tracing.h"

#include "trace.h"
#include "tracks.h"

#include <fcntl.h>
#include <unistd.h>

/* Where the test runs. */
#define PATH "check_tracks.XXXXXX"

static void write_file(char *path, const struct fut_tracks *tracks)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fut_tracks_write(tracks, fd), 0);
}

static struct tracing written(const struct fut_tracks *tracks)
{
	char path[] = PATH;
	struct tracing trace;

	write_file(path, tracks);
	ck_assert_msg(tracing_read(&trace, path), "%s", trace.wrong);
	unlink(path);
	return trace;
}

/* A track of two records, by hand. */
static struct fut_records *track_of(int thread, struct fut_record first,
	struct fut_record second)
{
	struct fut_records *records = calloc(1, sizeof(*records) +
		2 * sizeof(first));

	ck_assert_ptr_nonnull(records);
	records->thread = (struct fut_thread_known){ .process = 1,
		.thread = thread, .name = "by hand" };
	records->room = 8;
	atomic_store(&records->count, 2);
	atomic_store(&records->trace, 1);
	records->record[0] = first;
	records->record[1] = second;
	return records;
}

/* A clock may not tell the wake-up from the getting up. */
START_TEST(who_is_up_in_the_instant_of_the_wake_up_has_its_arrow)
{
	const char *who = "a sleeper";
	struct fut_records *sleeps = track_of(2, (struct fut_record){
			.ns = 50, .what = who, .event = FUT_TRACE_WAIT },
		(struct fut_record){ .ns = 100, .what = who,
			.event = FUT_TRACE_WAITED });
	struct fut_records *wakes = track_of(1, (struct fut_record){
			.ns = 100, .what = who, .event = FUT_TRACE_WAKE },
		(struct fut_record){ .ns = 200, .what = "a task",
			.event = FUT_TRACE_STEAL });
	struct fut_tracks tracks = { .trace = 1, .end_ns = 300,
		.newest = sleeps };
	struct tracing trace;

	/* Of two at the same instant that of the older thread comes first. */
	sleeps->next = wakes;
	trace = written(&tracks);
	ck_assert_uint_eq(tracing_count(&trace, 's', "flow"), 1);
	ck_assert_uint_eq(tracing_count(&trace, 'f', "flow"), 1);
	tracing_free(&trace);
	free(sleeps);
	free(wakes);
}
END_TEST

/* How many steals the file has; they come in the order of their times. */
static size_t steals_in_order(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[512];
	double at, last = 0;
	size_t count = 0;

	while (fgets(line, sizeof(line), file) != NULL) {
		if (strstr(line, "\"name\":\"steal\"") == NULL)
			continue;
		at = strtod(strstr(line, "\"ts\":") + 5, NULL);
		ck_assert(at >= last);
		last = at;
		count++;
	}
	fclose(file);
	unlink(path);
	return count;
}

/* Too many to look at them all for each record, in the time of a test. */
START_TEST(a_trace_of_many_threads_takes_no_longer_for_each)
{
	char path[] = PATH;
	size_t count = scaled(200000);
	struct fut_tracks tracks = { .trace = 1, .end_ns = 2000 };
	struct fut_records *records = NULL, *next;

	for (size_t i = 0; i < count; i++) {
		int64_t ns = (int64_t)(i * 7919 % 1000);

		next = records;
		records = track_of((int)i, (struct fut_record){ .ns = ns,
				.event = FUT_TRACE_STEAL },
			(struct fut_record){ .ns = ns + 500,
				.event = FUT_TRACE_STEAL });
		records->next = next;
	}
	tracks.newest = records;
	write_file(path, &tracks);
	ck_assert_uint_eq(steals_in_order(path), 2 * count);
	for (; records != NULL; records = next) {
		next = records->next;
		free(records);
	}
}
END_TEST

/* Nor the last record from the close; what is open is still around it. */
START_TEST(what_is_recorded_at_the_very_end_has_its_place)
{
	for (int64_t end_ns = 99; end_ns < 119; end_ns++) {
		struct fut_records *submits = track_of(1, (struct fut_record){
				.ns = 50, .what = "what",
				.event = FUT_TRACE_PARK },
			(struct fut_record){ .ns = end_ns < 109 ? 100 : 110,
				.what = "what", .event = end_ns < 109 ?
					FUT_TRACE_SUBMIT : FUT_TRACE_WAIT });
		struct fut_tracks tracks = { .trace = 1, .end_ns = end_ns,
			.newest = submits };
		struct tracing trace;

		trace = written(&tracks);
		ck_assert_uint_eq(tracing_count(&trace, 'E', "park"), 1);
		tracing_free(&trace);
		free(submits);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tracks");
	TCase *tcase = tcase_create("tracks");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase,
		who_is_up_in_the_instant_of_the_wake_up_has_its_arrow);
	tcase_add_test(tcase, a_trace_of_many_threads_takes_no_longer_for_each);
	tcase_add_test(tcase, what_is_recorded_at_the_very_end_has_its_place);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
