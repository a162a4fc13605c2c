/* Lanes over real tables: who is first, and who takes whose place. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/protocol/event.h"
#include "../../src/spool/lane.h"
#include "../../src/spool/store.h"

static char dir[] = "/tmp/test_lane.XXXXXX";
static struct store *store;
static struct store_table *lanes;
static const struct lane a = {"s", "a", 1, 1}, ab = {"s", "ab", 1, 2}, other = {"sa", "a", 2, 1},
			 none = {"s", "", 1, 0};
static uint64_t moved;

static void
set_up(void)
{
	strcpy(dir, "/tmp/test_lane.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_ptr_nonnull(store = store_open(dir, 1u << 20, PAGE_JOURNAL_AUTO));
	ck_assert_ptr_nonnull(lanes = store_table_make(store, STORE_LANE, STORE_ONE));
	ck_assert_int_eq(store_begin(store), 0);
}

static void
tear_down(void)
{
	char command[64];

	store_abort(store);
	store_table_close(lanes);
	store_close(store);
	snprintf(command, sizeof command, "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(the_first_is_due_and_the_others_wait)
{
	ck_assert_int_eq(lane_enter(lanes, &a, 1, &moved), 1);
	ck_assert_uint_eq(moved, 0);
	ck_assert_int_eq(lane_enter(lanes, &a, 2, &moved), 0);
	ck_assert_int_eq(lane_enter(lanes, &a, 3, &moved), 0);
	ck_assert_uint_eq(moved, 0);
	ck_assert_int_eq(lane_is_first(lanes, &a, 1), 1);
	ck_assert_int_eq(lane_is_first(lanes, &a, 2), 0);
	ck_assert_int_eq(lane_enter(lanes, &a, 1, &moved), 1);
	ck_assert_uint_eq(moved, 0);
}
END_TEST

START_TEST(the_next_follows_who_leaves)
{
	for (uint64_t i = 1; i <= 3; i++)
		lane_enter(lanes, &a, i, &moved);
	ck_assert_int_eq(lane_leave(lanes, &a, 1, &moved), 0);
	ck_assert_uint_eq(moved, 2);
	ck_assert_int_eq(lane_leave(lanes, &a, 3, &moved), 0);
	ck_assert_uint_eq(moved, 2);
	ck_assert_int_eq(lane_leave(lanes, &a, 2, &moved), 0);
	ck_assert_uint_eq(moved, 0);
	ck_assert_int_eq(lane_leave(lanes, &a, 2, &moved), 0);
	ck_assert_int_eq(lane_is_first(lanes, &a, 1), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(who_comes_back_before_the_first_takes_its_place)
{
	ck_assert_int_eq(lane_enter(lanes, &a, 5, &moved), 1);
	ck_assert_int_eq(lane_enter(lanes, &a, 2, &moved), 1);
	ck_assert_uint_eq(moved, 5);
	ck_assert_int_eq(lane_is_first(lanes, &a, 5), 0);
	ck_assert_int_eq(lane_leave(lanes, &a, 2, &moved), 0);
	ck_assert_uint_eq(moved, 5);
}
END_TEST

START_TEST(lanes_do_not_run_into_each_other)
{
	ck_assert_int_eq(lane_enter(lanes, &a, 1, &moved), 1);
	ck_assert_int_eq(lane_enter(lanes, &ab, 2, &moved), 1);
	ck_assert_int_eq(lane_enter(lanes, &other, 3, &moved), 1);
	ck_assert_int_eq(lane_leave(lanes, &a, 1, &moved), 0);
	ck_assert_uint_eq(moved, 0);
	ck_assert_int_eq(lane_is_first(lanes, &ab, 2), 1);
}
END_TEST

START_TEST(without_a_lane_nobody_waits)
{
	ck_assert_int_eq(lane_enter(lanes, &none, 1, &moved), 1);
	ck_assert_int_eq(lane_enter(lanes, &none, 2, &moved), 1);
	ck_assert_int_eq(lane_is_first(lanes, &none, 2), 1);
	ck_assert_int_eq(lane_leave(lanes, &none, 1, &moved), 0);
	ck_assert_uint_eq(moved, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lane");
	TCase *tc = tcase_create("lanes");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_first_is_due_and_the_others_wait);
	tcase_add_test(tc, the_next_follows_who_leaves);
	tcase_add_test(tc, who_comes_back_before_the_first_takes_its_place);
	tcase_add_test(tc, lanes_do_not_run_into_each_other);
	tcase_add_test(tc, without_a_lane_nobody_waits);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
