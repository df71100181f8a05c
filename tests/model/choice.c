/*
 * The choices of a run, and from them the next run.
 *
 * Every question has a number, its point, which does not depend on the mode;
 * so the answers that were not the usual ones are enough to repeat a run.
 */
#include "choice.h"
#include "reduce.h"
#include "schedule.h"

#include <stdio.h>
#include <stdlib.h>

#define CHOICES (1 << 16)
#define TAKEN (1 << 14)

/* Depth first: the questions that had several answers. */
static struct choice list[CHOICES];
static unsigned length, fixed;
static int32_t step_at, turn_at;	/* see choice_current() */

static struct answer taken[TAKEN], given[TAKEN];
static unsigned taken_count, given_count, given_next;

static uint64_t state;		/* of the generator */
static unsigned longest;	/* steps, of the runs of this scenario */
static unsigned change[16];	/* PCT: at these steps priorities fall */
static int lowest;

static uint64_t draw(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1du;
}

static unsigned draw_below(unsigned n)
{
	return (unsigned)((draw() >> 32) * n >> 32);
}

static void take(unsigned value)
{
	if (taken_count == TAKEN)
		run_fail(FINDING_UNSUPPORTED, "too many choices");
	taken[taken_count++] = (struct answer){ run.point, value };
}

/* Replay: the answer that was given at this point, or the usual one. */
static unsigned repeat(unsigned usual)
{
	while (given_next < given_count &&
	       given[given_next].point < run.point)
		given_next++;
	if (given_next < given_count && given[given_next].point == run.point)
		return given[given_next].value;
	return usual;
}

/* Depth first: what the list says, or a new entry of it. */
static unsigned descend(uint32_t options, unsigned usual, bool thread)
{
	struct choice *choice;

	if (length < fixed)
		return list[length++].chosen;
	if (length == CHOICES)
		run_fail(FINDING_UNSUPPORTED, "too many choices");
	choice = &list[length++];
	choice->options = (uint16_t)options;
	choice->done = (uint16_t)(1u << usual);
	choice->todo = thread && limits.reduce ? 0 :
		(uint16_t)(options & ~(1u << usual));
	choice->chosen = (uint8_t)usual;
	if (thread && limits.reduce)
		choice->counts = reduce_counts();
	return usual;
}

/* PCT: the highest priority runs; it falls at the points of change. */
static unsigned favourite(uint32_t options)
{
	unsigned best = (unsigned)__builtin_ctz(options);

	for (unsigned i = 0; i + 1 < limits.depth; i++)
		if (run.steps == change[i])
			self_thread()->priority = -(int)i - 1;
	for (unsigned i = best + 1; i < run.threads; i++)
		if ((options & 1u << i) != 0 &&
		    threads[i].priority > threads[best].priority)
			best = i;
	return best;
}

/* The n-th of a set. */
static unsigned member(uint32_t set, unsigned n)
{
	while (n-- > 0)
		set &= set - 1;
	return (unsigned)__builtin_ctz(set);
}

unsigned choice_thread(uint32_t options, unsigned usual, bool free)
{
	unsigned answer = usual;
	bool several = (options & (options - 1)) != 0;

	run.point++;
	/* What is quiet is one step, begun by the choice before it. */
	if (!run.quiet)
		step_at = -1;
	if (!several)
		answer = (unsigned)__builtin_ctz(options);
	else if (limits.mode == MODE_REPLAY)
		answer = repeat(usual);
	else if (limits.mode == MODE_PCT)
		answer = favourite(options);
	else if (limits.mode == MODE_RANDOM)
		answer = member(options, draw_below(
			(unsigned)__builtin_popcount(options)));
	else if (!run.quiet && (free || run.preemptions < limits.bound)) {
		step_at = (int32_t)length;
		answer = descend(options, usual, true);
	}
	if ((options & 1u << answer) == 0)
		answer = usual;		/* a replay that was cut */
	if (!run.quiet && (free || answer != run.current))
		turn_at = step_at;
	if (answer == usual)
		return answer;
	run.preemptions += !free;
	take(answer);
	return answer;
}

void choice_none(void)
{
	run.point++;
	if (!run.quiet)
		step_at = -1;
}

/* In random runs half of the answers are the ordinary one. */
static unsigned any_value(enum chance chance, unsigned n)
{
	if (chance == CHANCE_WAITER || chance == CHANCE_SCENARIO)
		return draw_below(n);
	return (draw() >> 40 & 1) != 0 ? 0 : draw_below(n);
}

unsigned choice_value(enum chance chance, unsigned n)
{
	unsigned answer = 0;

	run.point++;
	if (n < 2)
		return 0;
	/* A replay that was cut may come by where memory could run out. */
	if (limits.mode == MODE_REPLAY && (chance != CHANCE_FAULT ||
			run.used[chance] < limits.most[chance]))
		answer = repeat(0);
	else if (run.used[chance] >= limits.most[chance])
		return 0;
	else if (limits.mode == MODE_DEPTH && run.quiet)
		return 0;
	else if (limits.mode == MODE_DEPTH)
		answer = descend(n < 16 ? (1u << n) - 1 : 0xffff, 0, false);
	else
		answer = any_value(chance, n);
	if (answer == 0 || answer >= n)
		return 0;
	run.used[chance]++;
	take(answer);
	return answer;
}

bool choice_eager(void)
{
	return limits.mode != MODE_PCT || (draw() >> 40 & 7) == 0;
}

int choice_priority(void)
{
	return limits.mode == MODE_PCT ? (int)draw_below(1 << 20) : 0;
}

int choice_priority_lowest(void)
{
	return --lowest;
}

void choice_begin(uint64_t seed)
{
	length = 0;
	step_at = turn_at = -1;
	taken_count = given_next = 0;
	lowest = -16;
	if (limits.mode == MODE_DEPTH || limits.mode == MODE_REPLAY)
		return;
	state = (seed + 1) * 0x9e3779b97f4a7c15u;
	draw();
	draw();
	for (unsigned i = 0; i < 16; i++)
		change[i] = 1 + draw_below(longest);
}

void choice_end(void)
{
	if (run.steps > longest)
		longest = run.steps;
}

void choice_reset(void)
{
	length = fixed = 0;
	longest = 16;
}

bool choice_next(void)
{
	for (; length > 0; length--) {
		struct choice *last = &list[length - 1];

		if (last->todo == 0)
			continue;
		last->chosen = (uint8_t)__builtin_ctz(last->todo);
		last->todo &= (uint16_t)(last->todo - 1);
		last->done |= (uint16_t)(1u << last->chosen);
		fixed = length;
		return true;
	}
	return false;
}

void choice_current(int32_t *ret_indices)
{
	ret_indices[0] = step_at;
	ret_indices[1] = turn_at;
}

struct choice *choice_at(unsigned index)
{
	return &list[index];
}

unsigned choice_taken(struct answer *ret_answers, unsigned room)
{
	unsigned count = taken_count < room ? taken_count : room;

	for (unsigned i = 0; i < count; i++)
		ret_answers[i] = taken[i];
	return count;
}

void choice_give(const struct answer *answers, unsigned count)
{
	given_count = count < TAKEN ? count : TAKEN;
	for (unsigned i = 0; i < given_count; i++)
		given[i] = answers[i];
}
