/* Reports on many futures: all of them are counted. */
#define _GNU_SOURCE
#include "reporting.h"

/* A name, a site, or both: as many kinds of futures as there are strings. */
static void many(future_t **futures, size_t count, const char *name,
	const char *site, size_t step)
{
	for (size_t i = 0; i < count; i++)
		futures[i] = future_name(future_ready(future_ok(NULL)), name,
			site + i * step);
}

static void drop(future_t **futures, size_t count)
{
	for (size_t i = 0; i < count; i++)
		future_unref(futures[i]);
}

enum { STEADY = 3000, GROWN = 9000, KINDS = 4096, OTHERS = 100 };

static future_t *crowd[STEADY + GROWN];

START_TEST(a_leak_is_counted_whatever_else_there_is)
{
	future_event_t event = FUTURE_EVENT_INIT;
	future_executor_t *pool = pool_named("crowd", 1);
	future_t *late;

	many(crowd, STEADY, NULL, "steady.c:1", 0);
	many(crowd + STEADY, GROWN, NULL, "grown.c:2", 0);
	late = task(pool, "late", wait_for_event, &event);
	await_text("  crowd-0 sleeps in \"late\"");
	says("12001 futures with a name or a site\n");
	says("  3000 of (steady.c:1): 0 pending, 0 running, 3000 settled;");
	says("  9000 of (grown.c:2): 0 pending, 0 running, 9000 settled;");
	says("  1 of \"late\": 0 pending, 1 running, 0 settled;");
	says_not(" more");
	future_event_set(&event);
	future_unref(late);
	drop(crowd, STEADY + GROWN);
	future_executor_unref(pool);
}
END_TEST

static const char kinds[KINDS + OTHERS];

START_TEST(of_too_many_kinds_the_last_are_only_counted)
{
	size_t lines = 0;

	many(crowd, KINDS + OTHERS, "kind", kinds, 1);
	many(crowd + KINDS + OTHERS, 10, "kind", kinds, 1);
	report();
	for (const char *at = text; (at = strstr(at, " of \"kind\"")) != NULL;
	     at++)
		lines++;
	ck_assert_uint_eq(lines, KINDS);
	says("\n  and 1");
	says(" more\n");
	drop(crowd, KINDS + OTHERS + 10);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("census");
	TCase *tcase = suite_case(suite, "census");

	tcase_add_test(tcase, a_leak_is_counted_whatever_else_there_is);
	tcase_add_test(tcase, of_too_many_kinds_the_last_are_only_counted);
	return suite_run(suite);
}
