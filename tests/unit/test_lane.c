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
static const struct lane a = {"s", "a", 1, 1}, ab = {"s", "ab", 1, 2}, other = {"sa", "a", 2, 1},
			 none = {"s", "", 1, 0};
static uint64_t moved;

static void
set_up(void)
{
	strcpy(dir, "/tmp/test_lane.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_ptr_nonnull(store = store_open(dir, 1u << 20));
	ck_assert_int_eq(store_begin(store), 0);
}

static void
tear_down(void)
{
	char command[64];

	store_close(store);
	snprintf(command, sizeof command, "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(the_first_is_due_and_the_others_wait)
{
	ck_assert_int_eq(lane_enter(store, &a, 1, &moved), 1);
	ck_assert_uint_eq(moved, 0);
	ck_assert_int_eq(lane_enter(store, &a, 2, &moved), 0);
	ck_assert_int_eq(lane_enter(store, &a, 3, &moved), 0);
	ck_assert_uint_eq(moved, 0);
	ck_assert_int_eq(lane_is_first(store, &a, 1), 1);
	ck_assert_int_eq(lane_is_first(store, &a, 2), 0);
	ck_assert_int_eq(lane_enter(store, &a, 1, &moved), 1);
	ck_assert_uint_eq(moved, 0);
}
END_TEST

START_TEST(the_next_follows_who_leaves)
{
	for (uint64_t i = 1; i <= 3; i++)
		lane_enter(store, &a, i, &moved);
	ck_assert_int_eq(lane_leave(store, &a, 1, &moved), 0);
	ck_assert_uint_eq(moved, 2);
	ck_assert_int_eq(lane_leave(store, &a, 3, &moved), 0);
	ck_assert_uint_eq(moved, 2);
	ck_assert_int_eq(lane_leave(store, &a, 2, &moved), 0);
	ck_assert_uint_eq(moved, 0);
	ck_assert_int_eq(lane_leave(store, &a, 2, &moved), 0);
	ck_assert_int_eq(lane_is_first(store, &a, 1), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(who_comes_back_before_the_first_takes_its_place)
{
	ck_assert_int_eq(lane_enter(store, &a, 5, &moved), 1);
	ck_assert_int_eq(lane_enter(store, &a, 2, &moved), 1);
	ck_assert_uint_eq(moved, 5);
	ck_assert_int_eq(lane_is_first(store, &a, 5), 0);
	ck_assert_int_eq(lane_leave(store, &a, 2, &moved), 0);
	ck_assert_uint_eq(moved, 5);
}
END_TEST

START_TEST(lanes_do_not_run_into_each_other)
{
	ck_assert_int_eq(lane_enter(store, &a, 1, &moved), 1);
	ck_assert_int_eq(lane_enter(store, &ab, 2, &moved), 1);
	ck_assert_int_eq(lane_enter(store, &other, 3, &moved), 1);
	ck_assert_int_eq(lane_leave(store, &a, 1, &moved), 0);
	ck_assert_uint_eq(moved, 0);
	ck_assert_int_eq(lane_is_first(store, &ab, 2), 1);
}
END_TEST

START_TEST(without_a_lane_nobody_waits)
{
	ck_assert_int_eq(lane_enter(store, &none, 1, &moved), 1);
	ck_assert_int_eq(lane_enter(store, &none, 2, &moved), 1);
	ck_assert_int_eq(lane_is_first(store, &none, 2), 1);
	ck_assert_int_eq(lane_leave(store, &none, 1, &moved), 0);
	ck_assert_uint_eq(moved, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lane");
	TCase *lanes = tcase_create("lanes");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(lanes, set_up, tear_down);
	tcase_add_test(lanes, the_first_is_due_and_the_others_wait);
	tcase_add_test(lanes, the_next_follows_who_leaves);
	tcase_add_test(lanes, who_comes_back_before_the_first_takes_its_place);
	tcase_add_test(lanes, lanes_do_not_run_into_each_other);
	tcase_add_test(lanes, without_a_lane_nobody_waits);
	suite_add_tcase(suite, lanes);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
