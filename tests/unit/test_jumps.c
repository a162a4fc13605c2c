/* What a time from before the clock was set means now. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "../../src/spool/jumps.h"

START_TEST(a_clock_that_is_kept_right_has_not_jumped)
{
	struct clocks before = {1000000, 500}, now = {1060000, 60500};

	ck_assert_int_eq(jumps_between(&before, &now), 0);
	now.wall_ms += JUMP_MIN_MS - 1;
	ck_assert_int_eq(jumps_between(&before, &now), 0);
	now.wall_ms += 1;
	ck_assert_int_eq(jumps_between(&before, &now), JUMP_MIN_MS);
	now.wall_ms = 0;
	ck_assert_int_eq(jumps_between(&before, &now), -1060000);
}
END_TEST

START_TEST(only_what_came_before_is_read_anew)
{
	struct jumps jumps = {.n = 0};

	jumps_add(&jumps, &(struct jump){10, 5000, 7000});
	ck_assert_uint_eq(jumps_time(&jumps, 9, 100), 5100);
	ck_assert_uint_eq(jumps_time(&jumps, 10, 100), 100);
}
END_TEST

START_TEST(a_clock_set_back_changes_only_times_that_are_in_its_future)
{
	struct jumps jumps = {.n = 0};

	jumps_add(&jumps, &(struct jump){10, -90000, 10000});
	ck_assert_uint_eq(jumps_time(&jumps, 9, 100000), 10000);
	ck_assert_uint_eq(jumps_time(&jumps, 9, 10000), 10000);
	ck_assert_uint_eq(jumps_time(&jumps, 9, 10001), 0);
	ck_assert_uint_eq(jumps_time(&jumps, 9, 9000), 9000);
}
END_TEST

#define DAY ((uint64_t)86400000)

START_TEST(a_clock_that_begins_at_1970_with_each_start_changes_no_age)
{
	struct jumps jumps = {.n = 0};

	for (uint64_t start = 0; start < 10; start++) {
		jumps_add(&jumps, &(struct jump){10, -(int64_t)((1000 + start) * DAY), 20000});
		jumps_add(&jumps, &(struct jump){10, (int64_t)((1000 + start) * DAY), (1000 + start) * DAY + 20000});
	}
	for (uint64_t day = 600; day < 1000; day += 100)
		ck_assert_uint_eq(jumps_time(&jumps, 9, day * DAY), day * DAY);
}
END_TEST

START_TEST(no_number_runs_over)
{
	struct jumps jumps = {.n = 0};

	jumps_add(&jumps, &(struct jump){10, INT64_MAX, 0});
	ck_assert_uint_eq(jumps_time(&jumps, 1, UINT64_MAX - 5), INT64_MAX);
	jumps_add(&jumps, &(struct jump){10, INT64_MIN, 0});
	ck_assert_uint_eq(jumps_time(&jumps, 1, 7), 0);
	ck_assert_uint_eq(jumps_time(&jumps, 1, 0), 0);
}
END_TEST

START_TEST(what_no_event_needs_is_forgotten_and_there_is_a_bound)
{
	struct jumps jumps = {.n = 0};

	for (uint64_t i = 1; i <= JUMPS_MAX + 3; i++)
		jumps_add(&jumps, &(struct jump){i, 20000, 0});
	ck_assert_uint_eq(jumps.n, JUMPS_MAX);
	ck_assert_uint_eq(jumps.all[0].number, 4);
	ck_assert(!jumps_forget(&jumps, 3));
	ck_assert(jumps_forget(&jumps, 4));
	ck_assert_uint_eq(jumps.all[0].number, 5);
	ck_assert(jumps_forget(&jumps, UINT64_MAX));
	ck_assert_uint_eq(jumps.n, 0);
}
END_TEST

START_TEST(they_come_back_from_bytes_and_nothing_else_does)
{
	struct jumps jumps = {.n = 0}, back;
	unsigned char bytes[JUMPS_SIZE_MAX + 24];
	size_t len;

	jumps_add(&jumps, &(struct jump){10, -90000, 10000});
	jumps_add(&jumps, &(struct jump){20, 90000, 110000});
	len = jumps_encode(&jumps, bytes);
	ck_assert_int_eq(jumps_decode(&back, bytes, len), 0);
	ck_assert_uint_eq(back.n, 2);
	ck_assert_int_eq(back.all[0].by_ms, -90000);
	ck_assert_uint_eq(back.all[1].to_ms, 110000);
	for (size_t i = 0; i < len; i++)
		if (i != 1 && i != 25)
			ck_assert_int_eq(jumps_decode(&back, bytes, i), -1);
	bytes[0]++;
	ck_assert_int_eq(jumps_decode(&back, bytes, len), -1);
	ck_assert_int_eq(errno, ENOTSUP);
	memset(bytes, 0, sizeof bytes);
	bytes[0] = 1;
	ck_assert_int_eq(jumps_decode(&back, bytes, sizeof bytes), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("jumps");
	TCase *tc = tcase_create("jumps");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, a_clock_that_is_kept_right_has_not_jumped);
	tcase_add_test(tc, only_what_came_before_is_read_anew);
	tcase_add_test(tc, a_clock_set_back_changes_only_times_that_are_in_its_future);
	tcase_add_test(tc, a_clock_that_begins_at_1970_with_each_start_changes_no_age);
	tcase_add_test(tc, no_number_runs_over);
	tcase_add_test(tc, what_no_event_needs_is_forgotten_and_there_is_a_bound);
	tcase_add_test(tc, they_come_back_from_bytes_and_nothing_else_does);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
