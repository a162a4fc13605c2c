/* When a hook is suspended, probed and opened. */
#include <check.h>
#include <stdlib.h>

#include "../../src/conf/conf.h"
#include "../../src/spooler/suspension.h"

static const struct hook hook = {
    .suspend_after = 3, .backoff = {.first_ms = 1000, .factor = 10, .max_ms = 3600000, .give_up_ms = 1}};

static enum suspension_change
ends(struct suspension *s, bool worked, bool probe, uint64_t now)
{
	return suspension_ended(s, &hook, &(struct suspension_run){worked, probe, now, 100});
}

START_TEST(failures_in_a_row_suspend_once)
{
	struct suspension s = {0};

	ck_assert_int_eq(ends(&s, false, false, 1), SUSPENSION_SAME);
	ck_assert_int_eq(ends(&s, false, false, 2), SUSPENSION_SAME);
	ck_assert_int_eq(ends(&s, true, false, 3), SUSPENSION_SAME);
	ck_assert_int_eq(ends(&s, false, false, 4), SUSPENSION_SAME);
	ck_assert_int_eq(ends(&s, false, false, 5), SUSPENSION_SAME);
	ck_assert_uint_eq(suspension_until(&s, 0), 0);
	ck_assert_int_eq(ends(&s, false, false, 6), SUSPENSION_CLOSED);
	ck_assert_int_eq(ends(&s, false, false, 7), SUSPENSION_SAME);
	ck_assert_uint_eq(s.since_ms, 6);
}
END_TEST

START_TEST(one_probe_at_a_time_with_growing_delays)
{
	struct suspension s = {.failures = 2};
	uint64_t last;

	ends(&s, false, false, 0);
	ck_assert_uint_ge(suspension_until(&s, 0), 900);
	ck_assert_uint_le(suspension_until(&s, 0), 1100);
	ck_assert_uint_eq(suspension_until(&s, 1), UINT64_MAX);
	last = s.probe_ms;
	ends(&s, false, false, 500); /* it began before */
	ck_assert_uint_eq(s.probe_ms, last);
	ends(&s, false, true, 0);
	ck_assert_uint_ge(s.probe_ms, 9000);
	for (int i = 0; i < 10; i++)
		ends(&s, false, true, 0);
	ck_assert_uint_le(s.probe_ms, SUSPENSION_PROBE_MAX_MS * 11 / 10);
}
END_TEST

START_TEST(the_first_success_opens)
{
	struct suspension s = {.failures = 2};

	ends(&s, false, false, 0);
	ck_assert_int_eq(ends(&s, true, true, 5), SUSPENSION_OPENED);
	ck_assert_uint_eq(suspension_until(&s, 5), 0);
	ck_assert_uint_eq(s.failures, 0);
}
END_TEST

START_TEST(what_an_operator_suspended_is_not_probed)
{
	struct suspension s = {.by_hand = true};

	ck_assert_uint_eq(suspension_until(&s, 0), UINT64_MAX);
	ends(&s, true, false, 5);
	ck_assert_uint_eq(suspension_until(&s, 0), UINT64_MAX);
	suspension_open(&s);
	ck_assert_uint_eq(suspension_until(&s, 0), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("suspension");
	TCase *tc = tcase_create("suspension");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, failures_in_a_row_suspend_once);
	tcase_add_test(tc, one_probe_at_a_time_with_growing_delays);
	tcase_add_test(tc, the_first_success_opens);
	tcase_add_test(tc, what_an_operator_suspended_is_not_probed);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
