/* Whether a request is whole: every beginning of one, and what is none. */
#include <check.h>
#include <fcgiapp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../../src/responder/whole.h"
#include "fastcgi.h"

#define MAX 32768

static struct fastcgi fastcgi;
static struct whole_request request;
static size_t size;

static enum whole
look(void)
{
	return whole_look(fastcgi.bytes, fastcgi.len, MAX, &size);
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
		ck_assert_int_eq(whole_look(fastcgi.bytes, len, MAX, &size), WHOLE_PART);
}
END_TEST

START_TEST(one_without_a_body_is_whole)
{
	fastcgi_post(&fastcgi, false, "/s", "", 0);
	ck_assert_int_eq(look(), WHOLE_YES);
}
END_TEST

START_TEST(its_variables_and_its_body_are_found)
{
	ck_assert_int_eq(look(), WHOLE_YES);
	ck_assert_uint_eq(size, fastcgi.len);
	ck_assert_int_eq(whole_decode(&request, fastcgi.bytes), 0);
	ck_assert_uint_eq(request.id, 1);
	ck_assert(request.keep);
	ck_assert_uint_eq(request.nvariables, 6);
	ck_assert_str_eq(whole_variable(&request, "REQUEST_METHOD"), "POST");
	ck_assert_str_eq(whole_variable(&request, "REMOTE_ADDR"), "192.0.2.7");
	ck_assert_ptr_null(whole_variable(&request, "REMOTE_ADD"));
	ck_assert_ptr_null(whole_variable(&request, ""));
	ck_assert_uint_eq(request.body_len, 7);
	ck_assert_mem_eq(request.body, "{\"a\":1}", 7);
}
END_TEST

/* A request with these parameters, in records of N bytes, and BODY likewise. */
static int
decode(const char *params, size_t len, const char *body, size_t n)
{
	fastcgi.len = 0;
	fastcgi_begin(&fastcgi, false);
	for (size_t at = 0; at < len; at += n)
		fastcgi_record(&fastcgi, FASTCGI_PARAMS, params + at, len - at < n ? len - at : n);
	fastcgi_record(&fastcgi, FASTCGI_PARAMS, NULL, 0);
	for (size_t at = 0; at < strlen(body); at += n)
		fastcgi_record(&fastcgi, FASTCGI_STDIN, body + at, strlen(body) - at < n ? strlen(body) - at : n);
	fastcgi_record(&fastcgi, FASTCGI_STDIN, NULL, 0);
	ck_assert_int_eq(look(), WHOLE_YES);
	return whole_decode(&request, fastcgi.bytes);
}

START_TEST(streams_come_in_records_of_any_sizes)
{
	for (size_t n = 1; n < 20; n++) {
		ck_assert_int_eq(decode("\1\2Axy\3\0BCD\1\1Az", 14, "a body of some length", n), 0);
		ck_assert(!request.keep);
		ck_assert_uint_eq(request.nvariables, 3);
		ck_assert_str_eq(whole_variable(&request, "A"), "xy"); /* the first one */
		ck_assert_str_eq(whole_variable(&request, "BCD"), "");
		ck_assert_uint_eq(request.body_len, 21);
		ck_assert_mem_eq(request.body, "a body of some length", 21);
	}
}
END_TEST

START_TEST(lengths_are_a_byte_or_four)
{
	char params[8 + 300 + 2] = "\1\x80\0\x01\x2c"
				   "A";

	memset(params + 6, 'v', 300);
	ck_assert_int_eq(decode(params, 306, "", 100), 0);
	ck_assert_uint_eq(strlen(whole_variable(&request, "A")), 300);
	ck_assert_int_eq(decode("\x80\0\0\1\x80\0\0\1Ab", 10, "", 100), 0);
	ck_assert_str_eq(whole_variable(&request, "A"), "b");
}
END_TEST

START_TEST(variables_that_are_none_are_not_decoded)
{
	static const struct {
		const char *params;
		size_t len;
	} bad[] = {{"\1", 1}, {"\1\1", 2}, {"\1\1A", 3}, {"\2\0A", 3}, {"\1\x80", 2}, {"\x80\0\0", 3},
	    {"\xff\xff\xff\xff\0A", 6}, {"\1\x80\1\0\0A", 6},
	    {"\1\xff\xff\xff\xff"
	     "A",
		6}};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_int_eq(decode(bad[i].params, bad[i].len, "", 100), -1);
}
END_TEST

START_TEST(so_many_variables_and_no_more)
{
	char params[2 * (WHOLE_VARIABLES_MAX + 1)] = {0};

	ck_assert_int_eq(decode(params, sizeof params - 2, "", 5000), 0);
	ck_assert_uint_eq(request.nvariables, WHOLE_VARIABLES_MAX);
	ck_assert_int_eq(decode(params, sizeof params, "", 5000), -1);
}
END_TEST

START_TEST(a_reply_is_a_stream_its_end_and_the_requests_end)
{
	unsigned char out[WHOLE_REPLY_SIZE(20)];

	for (size_t len = 1; len <= 20; len++) {
		size_t padded = (len + 7) / 8 * 8;

		ck_assert_uint_eq(whole_reply(out, 258, "Status: 204 No Contents", len), 8 + padded + 8 + 16);
		ck_assert_mem_eq(out, "\1\6\1\2\0", 5);
		ck_assert_uint_eq(out[5], len);
		ck_assert_uint_eq(out[6], padded - len);
		ck_assert_mem_eq(out + 8, "Status: 204 No Contents", len);
		ck_assert_mem_eq(out + 8 + padded, "\1\6\1\2\0\0\0\0\1\3\1\2\0\x8\0\0\0\0\0\0\0\0\0\0", 24);
	}
}
END_TEST

START_TEST(what_follows_it_changes_nothing)
{
	memset(fastcgi.bytes + fastcgi.len, 0xff, 100);
	ck_assert_int_eq(whole_look(fastcgi.bytes, fastcgi.len + 100, MAX, &size), WHOLE_YES);
}
END_TEST

START_TEST(one_that_is_as_long_as_may_be_is_whole_and_a_longer_one_never)
{
	static const char body[40000];
	size_t whole = fastcgi.len;

	ck_assert_int_eq(whole_look(fastcgi.bytes, whole, whole, &size), WHOLE_YES);
	for (size_t max = 0; max < whole; max++)
		ck_assert_int_eq(whole_look(fastcgi.bytes, max, max, &size), WHOLE_NO);
	fastcgi_post(&fastcgi, true, "/s", body, sizeof body);
	ck_assert_int_eq(whole_look(fastcgi.bytes, MAX, MAX, &size), WHOLE_NO);
}
END_TEST

/* Known from the header, before any of the rest has come. */
START_TEST(a_record_that_is_too_long_is_not_waited_for)
{
	static const char body[60000];
	size_t header = fastcgi.len - FASTCGI_HEADER - 3 - 7; /* its end: the body and the end of the stream follow */

	ck_assert_int_eq(whole_look(fastcgi.bytes, header, MAX, &size), WHOLE_PART);
	fastcgi.len = header - FASTCGI_HEADER;
	fastcgi_record(&fastcgi, FASTCGI_STDIN, body, sizeof body);
	ck_assert_int_eq(whole_look(fastcgi.bytes, header, MAX, &size), WHOLE_NO);
}
END_TEST

START_TEST(any_other_byte_of_a_header_is_no_responders_request)
{
	static const size_t at[] = {0, 1, 8};
	size_t params = FASTCGI_HEADER + 8;

	for (size_t i = 0; i < 3; i++) {
		make();
		fastcgi.bytes[at[i]] ^= 0x40; /* version, type, role */
		ck_assert_int_eq(look(), i < 2 ? WHOLE_NEVER : WHOLE_NO);
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
	ck_assert_int_eq(whole_look(fastcgi.bytes, fastcgi.len + 8, MAX, &size), WHOLE_NO);
}
END_TEST

START_TEST(a_management_record_first_is_never_a_request_and_standard_input_before_parameters_for_libfcgi)
{
	fastcgi.len = 0;
	fastcgi_record(&fastcgi, 9, "\x0e\0FCGI_MAX_CONNS", 16);
	fastcgi.bytes[3] = 0;
	ck_assert_int_eq(look(), WHOLE_NEVER);
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

START_TEST(a_request_without_an_id_is_none)
{
	fastcgi.bytes[3] = 0;
	ck_assert_int_eq(look(), WHOLE_NEVER);
	ck_assert_int_eq(whole_look(fastcgi.bytes, WHOLE_BEGINNING - 1, MAX, &size), WHOLE_PART);
}
END_TEST

/* The same bytes in memory, and through libfcgi. */
START_TEST(what_is_odd_in_a_variable_means_what_libfcgi_takes_it_for)
{
	static const char params[] = "\3\2A=b"
				     "cd"
				     "\4\0B=x\0"
				     "\3\1C\0D"
				     "e"
				     "\1\1C"
				     "f"
				     "\1\3D"
				     "g\0h"
				     "\0\1i"
				     "\2\1=E"
				     "j";
	static const char *const names[] = {"A", "B", "C", "D", "E", "", "F"};
	static struct fastcgi other; /* what is decoded stays in the first one */
	int pair[2];
	FCGX_Request fcgi;

	ck_assert_int_eq(decode(params, sizeof params - 1, "", 5000), 0);
	fastcgi_begin(&other, false);
	fastcgi_record(&other, FASTCGI_PARAMS, params, sizeof params - 1);
	fastcgi_record(&other, FASTCGI_PARAMS, NULL, 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fastcgi_send(&other, pair[0], 0, other.len);
	ck_assert_int_eq(FCGX_Init(), 0);
	ck_assert_int_eq(FCGX_InitRequest(&fcgi, -1, 0), 0);
	fcgi.ipcFd = pair[1];
	fcgi.keepConnection = 1;
	ck_assert_int_eq(FCGX_Accept_r(&fcgi), 0);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ck_assert_pstr_eq(whole_variable(&request, names[i]), FCGX_GetParam(names[i], fcgi.envp));
	ck_assert_str_eq(whole_variable(&request, "A"), "b=cd");
	ck_assert_str_eq(whole_variable(&request, "B"), "x");
	ck_assert_str_eq(whole_variable(&request, "C"), "f");
	ck_assert_str_eq(whole_variable(&request, "D"), "g");
	FCGX_Free(&fcgi, 1);
}
END_TEST

/* With the bytes where reading beyond them is found (valgrind, ASan). */
START_TEST(nothing_is_read_beyond_what_has_come)
{
	for (int round = 0; round < 5000; round++) {
		size_t len = (size_t)rand() % 200, max = len + (size_t)rand() % 200;
		unsigned char *bytes = malloc(len + 1);

		make();
		memcpy(bytes, fastcgi.bytes, len < fastcgi.len ? len : fastcgi.len);
		for (size_t i = fastcgi.len; i < len; i++)
			bytes[i] = (unsigned char)rand();
		for (int i = rand() % 4; i > 0 && len > 0; i--)
			bytes[(size_t)rand() % len] = (unsigned char)rand();
		bytes = realloc(bytes, len > 0 ? len : 1);
		if (whole_look(bytes, len, max, &size) == WHOLE_YES) {
			ck_assert_uint_le(size, len);
			whole_decode(&request, bytes);
		}
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
	tcase_add_test(tc, a_reply_is_a_stream_its_end_and_the_requests_end);
	tcase_add_test(tc, so_many_variables_and_no_more);
	tcase_add_test(tc, variables_that_are_none_are_not_decoded);
	tcase_add_test(tc, lengths_are_a_byte_or_four);
	tcase_add_test(tc, streams_come_in_records_of_any_sizes);
	tcase_add_test(tc, its_variables_and_its_body_are_found);
	tcase_add_test(tc, what_follows_it_changes_nothing);
	tcase_add_test(tc, one_that_is_as_long_as_may_be_is_whole_and_a_longer_one_never);
	tcase_add_test(tc, a_record_that_is_too_long_is_not_waited_for);
	tcase_add_test(tc, any_other_byte_of_a_header_is_no_responders_request);
	tcase_add_test(tc, padding_where_no_server_has_any_is_for_libfcgi);
	tcase_add_test(
	    tc, a_management_record_first_is_never_a_request_and_standard_input_before_parameters_for_libfcgi);
	tcase_add_test(tc, a_request_without_an_id_is_none);
	tcase_add_test(tc, what_is_odd_in_a_variable_means_what_libfcgi_takes_it_for);
	tcase_add_test(tc, nothing_is_read_beyond_what_has_come);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
