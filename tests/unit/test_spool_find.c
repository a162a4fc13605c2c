/* Events are found by number, time and id, where some of the numbers have gone. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/conf/conf.h"
#include "../../src/protocol/event.h"
#include "kept.h"

static uint64_t
previous(uint64_t from)
{
	uint64_t number;

	if (spool_previous(kept, from, &number) == 0)
		return number;
	ck_assert_int_eq(errno, ENOENT);
	return 0;
}

/* N events a second apart, of which those that UNFINISHED divides are still queued; then so much time passes that all others have gone. */
static void
leave_few(unsigned n, unsigned unfinished)
{
	char id[16];

	for (unsigned i = 1; i <= n; i++) {
		uint64_t number;

		snprintf(id, sizeof id, "%u", i);
		number = kept_new(id, true);
		if (i % unfinished != 0)
			kept_ends(number, DELIVERY_DONE);
		kept_pass(1000);
	}
	kept_pass(KEEP_MS * 2);
	kept_new("roll", true);
	kept_pass(KEEP_MS);
}

START_TEST(the_previous_one_is_found_in_front_of_any_gap)
{
	ck_assert_uint_eq(previous(5), 0);
	leave_few(300, 37);
	for (uint64_t from = 0; from <= 300; from++)
		ck_assert_uint_eq(previous(from), from / 37 * 37);
	ck_assert_uint_eq(previous(301), 301);
	ck_assert_uint_eq(previous(UINT64_MAX), 301);
}
END_TEST

START_TEST(the_first_one_since_a_time_is_found_among_few)
{
	uint64_t begin = kept_now;

	ck_assert_uint_eq(spool_since(kept, 0), 1);
	leave_few(300, 37);
	ck_assert_uint_eq(spool_since(kept, 0), 37);
	for (uint64_t i = 1; i <= 296; i++)
		ck_assert_uint_eq(spool_since(kept, begin + (i - 1) * 1000), (i + 36) / 37 * 37);
	ck_assert_uint_eq(spool_since(kept, begin + 296000), 301);
	ck_assert_uint_eq(spool_since(kept, UINT64_MAX), 302);
}
END_TEST

START_TEST(each_one_is_found_by_its_time)
{
	uint64_t begin = kept_now;
	char id[16];

	for (unsigned i = 1; i <= 100; i++) {
		snprintf(id, sizeof id, "%u", i);
		kept_new(id, i % 3 == 0);
		kept_now += 10;
	}
	for (uint64_t i = 0; i < 100; i++) {
		ck_assert_uint_eq(spool_since(kept, begin + i * 10), i + 1);
		ck_assert_uint_eq(spool_since(kept, begin + i * 10 + 1), i + 2);
	}
}
END_TEST

static uint64_t
may_have(unsigned what, bool back, uint64_t from)
{
	return spool_may_have(kept, what, back, &from) ? from : 0;
}

START_TEST(generations_without_what_is_looked_for_are_skipped)
{
	uint64_t first = kept_new("a", true), dead, last;

	kept_ends(first, DELIVERY_DONE);
	kept_pass(KEEP_MS / 4);
	dead = kept_new("b", true);
	kept_ends(dead, DELIVERY_DEAD);
	kept_pass(KEEP_MS / 4);
	last = kept_new("c", false);
	ck_assert_uint_eq(may_have(SPOOL_DONE, false, 1), first);
	ck_assert_uint_eq(may_have(SPOOL_DEAD, false, 1), dead);
	ck_assert_uint_eq(may_have(SPOOL_DEAD | SPOOL_DONE, false, 1), first);
	ck_assert_uint_eq(may_have(SPOOL_UNHANDLED, false, 1), last);
	ck_assert_uint_eq(may_have(0, false, 1), 1);
	ck_assert_uint_eq(may_have(SPOOL_DONE, false, dead), 0);
	ck_assert_uint_eq(may_have(SPOOL_QUEUED, false, 1), 0);
	ck_assert_uint_eq(may_have(SPOOL_DONE, true, UINT64_MAX), first);
	ck_assert_uint_eq(may_have(SPOOL_DEAD, true, UINT64_MAX), dead);
	ck_assert_uint_eq(may_have(SPOOL_DEAD, true, first), 0);
	ck_assert_uint_eq(may_have(SPOOL_UNHANDLED, true, UINT64_MAX), UINT64_MAX);
	ck_assert_uint_eq(may_have(0, true, 2), 2);
	kept_again();
	ck_assert_uint_eq(may_have(SPOOL_DEAD, false, 1), dead);
}
END_TEST

START_TEST(late_ones_are_in_front)
{
	uint64_t number = kept_new("a", true);

	kept_pass(KEEP_MS * 2);
	kept_new("b", false);
	kept_pass(KEEP_MS);
	ck_assert(kept_is_there(number));
	ck_assert_uint_eq(may_have(SPOOL_QUEUED, false, 1), number);
	ck_assert_uint_ge(may_have(SPOOL_QUEUED, true, UINT64_MAX), number);
}
END_TEST

START_TEST(one_is_found_by_its_id)
{
	struct event like = {
	    .text = {[EVENT_SOURCE] = "src", [EVENT_KEY] = "sb\x01"}, .len = {[EVENT_SOURCE] = 3, [EVENT_KEY] = 3}};
	uint64_t number;

	kept_new("a", true);
	ck_assert_int_eq(spool_find(kept, &like, &number), -1);
	ck_assert_int_eq(errno, ENOENT);
	kept_new("b", true);
	ck_assert_int_eq(spool_find(kept, &like, &number), 0);
	ck_assert_uint_eq(number, 2);
	kept_again();
	ck_assert_int_eq(spool_find(kept, &like, &number), 0);
	ck_assert_uint_eq(number, 2);
	like.len[EVENT_SOURCE] = 2;
	ck_assert_int_eq(spool_find(kept, &like, &number), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("spool_find");
	TCase *tc = tcase_create("find");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, kept_set_up, kept_tear_down);
	tcase_set_timeout(tc, 120); /* hundreds of transactions on a slow disk */
	tcase_add_test(tc, the_previous_one_is_found_in_front_of_any_gap);
	tcase_add_test(tc, the_first_one_since_a_time_is_found_among_few);
	tcase_add_test(tc, each_one_is_found_by_its_time);
	tcase_add_test(tc, generations_without_what_is_looked_for_are_skipped);
	tcase_add_test(tc, late_ones_are_in_front);
	tcase_add_test(tc, one_is_found_by_its_id);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
