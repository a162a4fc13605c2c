/* The frames of the submit socket, byte by byte: two versions of the programs may meet on it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/protocol/submit.h"

START_TEST(a_greeting_says_what_and_which_version)
{
	static const unsigned char want[] = {0, 0, 0, 7, 1, 'h', 'k', 's', 'p', 0, 1};
	unsigned char out[SUBMIT_HELLO_SIZE];

	submit_put_hello(out);
	ck_assert_uint_eq(sizeof want, sizeof out);
	ck_assert_mem_eq(out, want, sizeof want);
}
END_TEST

START_TEST(a_webhook_is_announced_with_its_record)
{
	static const unsigned char want[] = {0, 0, 1, 9, 2, 0, 0, 0, 0, 0, 0, 0, 5};
	unsigned char out[SUBMIT_WEBHOOK_SIZE];

	submit_put_webhook(out, 5, 256);
	ck_assert_uint_eq(sizeof want, sizeof out);
	ck_assert_mem_eq(out, want, sizeof want);
}
END_TEST

START_TEST(an_ack_has_the_sequence_and_the_number)
{
	static const unsigned char want[] = {0, 0, 0, 18, 3, 0, 0, 0, 0, 0, 0, 0, 5, 2, 1, 2, 3, 4, 5, 6, 7, 8};
	unsigned char out[SUBMIT_ACK_SIZE];

	submit_put_ack(out, 5, SUBMIT_DUPLICATE, 0x0102030405060708u);
	ck_assert_uint_eq(sizeof want, sizeof out);
	ck_assert_mem_eq(out, want, sizeof want);
}
END_TEST

START_TEST(the_largest_record_fits_into_a_frame)
{
	ck_assert_uint_ge(SUBMIT_FRAME_MAX, SUBMIT_WEBHOOK_SIZE + EVENT_HEAD_MAX + EVENT_BODY_MAX);
	ck_assert_uint_eq(SUBMIT_FRAME_MAX, (64u << 20) + (512u << 10));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("submit");
	TCase *tc = tcase_create("submit");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, a_greeting_says_what_and_which_version);
	tcase_add_test(tc, a_webhook_is_announced_with_its_record);
	tcase_add_test(tc, an_ack_has_the_sequence_and_the_number);
	tcase_add_test(tc, the_largest_record_fits_into_a_frame);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
