/* Whether a request is whole: every beginning of one, and what is none. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/responder/whole.h"
#include "fastcgi.h"

#define MAX 32768

static struct fastcgi fastcgi;

static enum whole
look(void)
{
	return whole_look(fastcgi.bytes, fastcgi.len, MAX);
}

static void
make(void)
{
	fastcgi_post(&fastcgi, true, "/s", "{\"a\":1}", 7);
}

START_TEST(all_of_it_is_whole_and_no_beginning_is)
{
	ck_assert_int_eq(look(), WHOLE_YES);
	for (size_t len = 0; len < fastcgi.len; len++)
		ck_assert_int_eq(whole_look(fastcgi.bytes, len, MAX), WHOLE_PART);
}
END_TEST

START_TEST(one_without_a_body_is_whole)
{
	fastcgi_post(&fastcgi, false, "/s", "", 0);
	ck_assert_int_eq(look(), WHOLE_YES);
}
END_TEST

START_TEST(what_follows_it_changes_nothing)
{
	memset(fastcgi.bytes + fastcgi.len, 0xff, 100);
	ck_assert_int_eq(whole_look(fastcgi.bytes, fastcgi.len + 100, MAX), WHOLE_YES);
}
END_TEST

START_TEST(one_that_is_as_long_as_may_be_is_whole_and_a_longer_one_never)
{
	static const char body[40000];
	size_t whole = fastcgi.len;

	ck_assert_int_eq(whole_look(fastcgi.bytes, whole, whole), WHOLE_YES);
	for (size_t max = 0; max < whole; max++)
		ck_assert_int_eq(whole_look(fastcgi.bytes, max, max), WHOLE_NO);
	fastcgi_post(&fastcgi, true, "/s", body, sizeof body);
	ck_assert_int_eq(whole_look(fastcgi.bytes, MAX, MAX), WHOLE_NO);
}
END_TEST

/* Known from the header, before any of the rest has come. */
START_TEST(a_record_that_is_too_long_is_not_waited_for)
{
	static const char body[60000];
	size_t header = fastcgi.len - FASTCGI_HEADER - 3 - 7; /* its end: the body and the end of the stream follow */

	ck_assert_int_eq(whole_look(fastcgi.bytes, header, MAX), WHOLE_PART);
	fastcgi.len = header - FASTCGI_HEADER;
	fastcgi_record(&fastcgi, FASTCGI_STDIN, body, sizeof body);
	ck_assert_int_eq(whole_look(fastcgi.bytes, header, MAX), WHOLE_NO);
}
END_TEST

START_TEST(any_other_byte_of_a_header_is_no_responders_request)
{
	static const size_t at[] = {0, 1, 8};
	size_t params = FASTCGI_HEADER + 8;

	for (size_t i = 0; i < 3; i++) {
		make();
		fastcgi.bytes[at[i]] ^= 0x40; /* version, type, role */
		ck_assert_int_eq(look(), WHOLE_NO);
	}
	for (size_t i = 0; i < 4; i++) {
		make();
		fastcgi.bytes[params + i] ^= 0x40; /* version, type, id */
		ck_assert_int_eq(look(), WHOLE_NO);
	}
	make();
	fastcgi.bytes[5] = 9; /* length of the first body */
	ck_assert_int_eq(look(), WHOLE_NO);
}
END_TEST

/* libfcgi forgets it, and takes it for the next header. */
START_TEST(padding_where_no_server_has_any_is_for_libfcgi)
{
	fastcgi.bytes[6] = 8; /* of FCGI_BEGIN_REQUEST */
	ck_assert_int_eq(look(), WHOLE_NO);
	make();
	fastcgi.bytes[fastcgi.len - 2] = 8; /* of the last one */
	ck_assert_int_eq(whole_look(fastcgi.bytes, fastcgi.len + 8, MAX), WHOLE_NO);
}
END_TEST

START_TEST(management_records_and_standard_input_before_the_parameters_are_for_libfcgi)
{
	fastcgi.len = 0;
	fastcgi_record(&fastcgi, 9, "\x0e\0FCGI_MAX_CONNS", 16);
	fastcgi.bytes[3] = 0;
	ck_assert_int_eq(look(), WHOLE_NO);
	fastcgi.len = 0;
	fastcgi_begin(&fastcgi, false);
	fastcgi_record(&fastcgi, FASTCGI_STDIN, "{}", 2);
	ck_assert_int_eq(look(), WHOLE_NO);
	fastcgi.len = 0;
	fastcgi_begin(&fastcgi, false);
	fastcgi_begin(&fastcgi, false);
	ck_assert_int_eq(look(), WHOLE_NO);
}
END_TEST

/* With the bytes where reading beyond them is found (valgrind, ASan). */
START_TEST(nothing_is_read_beyond_what_has_come)
{
	for (int round = 0; round < 20000; round++) {
		size_t len = (size_t)rand() % 200, max = len + (size_t)rand() % 200;
		unsigned char *bytes = malloc(len + 1);

		make();
		memcpy(bytes, fastcgi.bytes, len < fastcgi.len ? len : fastcgi.len);
		for (size_t i = fastcgi.len; i < len; i++)
			bytes[i] = (unsigned char)rand();
		for (int i = rand() % 4; i > 0 && len > 0; i--)
			bytes[(size_t)rand() % len] = (unsigned char)rand();
		bytes = realloc(bytes, len > 0 ? len : 1);
		ck_assert_int_le(whole_look(bytes, len, max), WHOLE_NO);
		free(bytes);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("whole");
	TCase *tc = tcase_create("whole");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, make, NULL);
	tcase_add_test(tc, all_of_it_is_whole_and_no_beginning_is);
	tcase_add_test(tc, one_without_a_body_is_whole);
	tcase_add_test(tc, what_follows_it_changes_nothing);
	tcase_add_test(tc, one_that_is_as_long_as_may_be_is_whole_and_a_longer_one_never);
	tcase_add_test(tc, a_record_that_is_too_long_is_not_waited_for);
	tcase_add_test(tc, any_other_byte_of_a_header_is_no_responders_request);
	tcase_add_test(tc, padding_where_no_server_has_any_is_for_libfcgi);
	tcase_add_test(tc, management_records_and_standard_input_before_the_parameters_are_for_libfcgi);
	tcase_add_test(tc, nothing_is_read_beyond_what_has_come);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
