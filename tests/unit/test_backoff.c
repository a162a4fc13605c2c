/* Backoff and the small records. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "../../src/conf/conf.h"
#include "../../src/spool/record.h"
#include "../../src/spooler/backoff.h"

static const struct backoff standard = {.first_ms = 5000, .factor = 5, .max_ms = 3600000, .give_up_ms = 86400000};

START_TEST(delays_grow_by_the_factor_up_to_the_cap)
{
	static const uint64_t middle[] = {5000, 25000, 125000, 625000, 3125000, 3600000, 3600000};

	for (uint32_t i = 0; i < 7; i++) {
		uint64_t spread = middle[i] / 5;

		ck_assert_uint_eq(backoff_delay(&standard, i + 1, 0), middle[i] - spread / 2);
		ck_assert_uint_eq(backoff_delay(&standard, i + 1, (uint32_t)spread), middle[i] - spread / 2 + spread);
	}
}
END_TEST

START_TEST(no_number_of_failures_overflows)
{
	struct backoff huge = {.first_ms = UINT64_MAX / 2, .factor = 1000, .max_ms = UINT64_MAX / 4};

	ck_assert_uint_le(backoff_delay(&huge, UINT32_MAX, 7), UINT64_MAX / 2);
	ck_assert_uint_le(backoff_delay(&standard, UINT32_MAX, UINT32_MAX), 3960000);
}
END_TEST

START_TEST(a_factor_of_one_keeps_the_delay)
{
	struct backoff flat = {.first_ms = 100, .factor = 1, .max_ms = 1000};

	ck_assert_uint_eq(backoff_delay(&flat, 1000000, 10), 100);
}
END_TEST

START_TEST(a_delivery_comes_back_and_an_unknown_version_does_not)
{
	struct delivery d = {DELIVERY_DEAD, 3, 7, 1234567890123, 42}, back;
	unsigned char record[RECORD_DELIVERY_SIZE];

	record_put_delivery(&d, record);
	ck_assert_int_eq(record_get_delivery(&back, record, sizeof record), 0);
	ck_assert(back.state == d.state && back.attempts == 3 && back.attempts_all == 7 && back.next_ms == d.next_ms &&
	    back.ended_ms == 42);
	ck_assert_int_eq(record_get_delivery(&back, record, sizeof record - 1), -1);
	ck_assert_int_eq(errno, EPROTO);
	record[0]++;
	ck_assert_int_eq(record_get_delivery(&back, record, sizeof record), -1);
	ck_assert_int_eq(errno, ENOTSUP);
}
END_TEST

START_TEST(an_attempt_comes_back_with_its_output)
{
	struct attempt a = {.end = RUN_SIGNALED,
			   .code = 9,
			   .started_ms = 1,
			   .ended_ms = 2,
			   .out = "out",
			   .out_len = 3,
			   .err = "\0x",
			   .err_len = 2,
			   .out_total = 1u << 30},
		       back;
	unsigned char record[256];

	ck_assert_uint_le(record_attempt_size(&a), sizeof record);
	record_put_attempt(&a, record);
	ck_assert_int_eq(record_get_attempt(&back, record, record_attempt_size(&a)), 0);
	ck_assert(back.end == RUN_SIGNALED && back.code == 9 && back.out_total == 1u << 30);
	ck_assert_mem_eq(back.err, "\0x", 2);
	ck_assert_int_eq(record_get_attempt(&back, record, record_attempt_size(&a) - 1), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("backoff");
	TCase *tc = tcase_create("backoff");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, delays_grow_by_the_factor_up_to_the_cap);
	tcase_add_test(tc, no_number_of_failures_overflows);
	tcase_add_test(tc, a_factor_of_one_keeps_the_delay);
	tcase_add_test(tc, a_delivery_comes_back_and_an_unknown_version_does_not);
	tcase_add_test(tc, an_attempt_comes_back_with_its_output);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
