/* Times as people and programs read them. */
#include "../../src/lib/clock.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(a_time_is_text_as_rfc_3339_has_it)
{
	char text[CLOCK_TEXT_SIZE];

	ck_assert_uint_eq(clock_text(text, 0), 24);
	ck_assert_str_eq(text, "1970-01-01T00:00:00.000Z");
	ck_assert_uint_eq(clock_text(text, 1769860800123), 24);
	ck_assert_str_eq(text, "2026-01-31T12:00:00.123Z");
	ck_assert_uint_eq(clock_text(text, 951782400009), 24);
	ck_assert_str_eq(text, "2000-02-29T00:00:00.009Z");
}
END_TEST

START_TEST(any_time_fits)
{
	char text[CLOCK_TEXT_SIZE];

	ck_assert_uint_eq(clock_text(text, UINT64_MAX), strlen(text));
}
END_TEST

START_TEST(a_delay_has_seconds_and_the_rest)
{
	struct timeval none = clock_delay(0), some = clock_delay(61234);

	ck_assert_int_eq(none.tv_sec, 0);
	ck_assert_int_eq(none.tv_usec, 0);
	ck_assert_int_eq(some.tv_sec, 61);
	ck_assert_int_eq(some.tv_usec, 234000);
}
END_TEST

/* Seconds have 32 bits on some machines; a worker's run has no end. */
START_TEST(a_delay_without_an_end_is_long_wherever_it_is)
{
	struct timeval delay = clock_delay(UINT64_MAX);
	struct timespec wait = clock_wait(UINT64_MAX);

	ck_assert_int_eq(delay.tv_sec, 1 << 30);
	ck_assert_int_eq(delay.tv_usec, 0);
	ck_assert_int_eq(wait.tv_sec, 1 << 30);
	ck_assert_int_eq(wait.tv_nsec, 0);
}
END_TEST

START_TEST(a_wait_is_a_delay_in_nanoseconds)
{
	struct timespec some = clock_wait(61234);

	ck_assert_int_eq(some.tv_sec, 61);
	ck_assert_int_eq(some.tv_nsec, 234000000);
}
END_TEST

START_TEST(clocks_do_not_go_back)
{
	uint64_t monotonic = clock_monotonic_ms(), boot = clock_boot_ms();

	ck_assert_uint_ge(clock_monotonic_ms(), monotonic);
	ck_assert_uint_ge(clock_boot_ms(), boot);
	ck_assert_uint_ge(boot + 1, monotonic);
	ck_assert_uint_gt(clock_wall_ms(), 1600000000000);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("clock");
	TCase *tc = tcase_create("clock");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, a_time_is_text_as_rfc_3339_has_it);
	tcase_add_test(tc, any_time_fits);
	tcase_add_test(tc, a_delay_has_seconds_and_the_rest);
	tcase_add_test(tc, a_delay_without_an_end_is_long_wherever_it_is);
	tcase_add_test(tc, a_wait_is_a_delay_in_nanoseconds);
	tcase_add_test(tc, clocks_do_not_go_back);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
