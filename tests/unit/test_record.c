/* The small records of the spool: as they are written they are read, and nothing else is. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/spool/record.h"

static const struct delivery delivery = {DELIVERY_DEAD, 3, 0x01020304, 0x0102030405060708, 9};
static const struct attempt attempt = {.end = RUN_SIGNALED,
    .code = -9,
    .started_ms = 1,
    .ended_ms = 2,
    .cpu_us = 3,
    .memory_kib = 4,
    .out_total = 5,
    .err_total = 6,
    .out = "out",
    .out_len = 3,
    .err = "wrong",
    .err_len = 5};
static unsigned char record[256];

START_TEST(a_delivery_is_read_as_it_was_written)
{
	static const unsigned char expected[] = {
	    1, 3, 0, 0, 0, 3, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 9};
	struct delivery d;

	record_put_delivery(&delivery, record);
	ck_assert_uint_eq(sizeof expected, RECORD_DELIVERY_SIZE);
	ck_assert_mem_eq(record, expected, sizeof expected);
	ck_assert_int_eq(record_get_delivery(&d, record, RECORD_DELIVERY_SIZE), 0);
	ck_assert_int_eq(d.state, delivery.state);
	ck_assert_uint_eq(d.attempts, delivery.attempts);
	ck_assert_uint_eq(d.attempts_all, delivery.attempts_all);
	ck_assert_uint_eq(d.next_ms, delivery.next_ms);
	ck_assert_uint_eq(d.ended_ms, delivery.ended_ms);
}
END_TEST

START_TEST(a_delivery_that_is_none_is_refused)
{
	struct delivery d;

	record_put_delivery(&delivery, record);
	for (size_t len = 0; len < RECORD_DELIVERY_SIZE; len++)
		ck_assert_int_eq(record_get_delivery(&d, record, len), -1);
	ck_assert_int_eq(record_get_delivery(&d, record, RECORD_DELIVERY_SIZE + 1), -1);
	ck_assert_int_eq(errno, EPROTO);
	record[1] = DELIVERY_DROPPED + 1;
	ck_assert_int_eq(record_get_delivery(&d, record, RECORD_DELIVERY_SIZE), -1);
	ck_assert_int_eq(errno, EPROTO);
	record[0] = 2;
	ck_assert_int_eq(record_get_delivery(&d, record, RECORD_DELIVERY_SIZE), -1);
	ck_assert_int_eq(errno, ENOTSUP);
}
END_TEST

START_TEST(an_attempt_is_read_as_it_was_written)
{
	struct attempt a;
	size_t size = record_attempt_size(&attempt);

	ck_assert_uint_le(size, sizeof record);
	record_put_attempt(&attempt, record);
	ck_assert_int_eq(record_get_attempt(&a, record, size), 0);
	ck_assert_int_eq(a.end, RUN_SIGNALED);
	ck_assert_int_eq(a.code, -9);
	ck_assert_uint_eq(a.started_ms, 1);
	ck_assert_uint_eq(a.ended_ms, 2);
	ck_assert_uint_eq(a.cpu_us, 3);
	ck_assert_uint_eq(a.memory_kib, 4);
	ck_assert_uint_eq(a.out_total, 5);
	ck_assert_uint_eq(a.err_total, 6);
	ck_assert_uint_eq(a.out_len, 3);
	ck_assert_mem_eq(a.out, "out", 3);
	ck_assert_uint_eq(a.err_len, 5);
	ck_assert_mem_eq(a.err, "wrong", 5);
}
END_TEST

START_TEST(an_attempt_that_is_none_is_refused)
{
	struct attempt a;
	size_t size = record_attempt_size(&attempt);

	record_put_attempt(&attempt, record);
	for (size_t len = 0; len < size; len++)
		ck_assert_int_eq(record_get_attempt(&a, record, len), -1);
	ck_assert_int_eq(record_get_attempt(&a, record, size + 1), -1);
	ck_assert_int_eq(errno, EPROTO);
	record[1] = RUN_NONSENSE + 1;
	ck_assert_int_eq(record_get_attempt(&a, record, size), -1);
	ck_assert_int_eq(errno, EPROTO);
	record[0] = 0;
	ck_assert_int_eq(record_get_attempt(&a, record, size), -1);
	ck_assert_int_eq(errno, ENOTSUP);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("record");
	TCase *records = tcase_create("records");
	SRunner *runner;
	int failed;

	tcase_add_test(records, a_delivery_is_read_as_it_was_written);
	tcase_add_test(records, a_delivery_that_is_none_is_refused);
	tcase_add_test(records, an_attempt_is_read_as_it_was_written);
	tcase_add_test(records, an_attempt_that_is_none_is_refused);
	suite_add_tcase(suite, records);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
