/* Messages between spooler and runner. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/protocol/run.h"

static unsigned char message[RUN_MESSAGE_MAX];

static uint32_t groups[] = {100, 101};
static struct account accounts[] = {{.uid = ACCOUNT_SAME}, {1000, 100, groups, 2}};
static const struct accounts table = {accounts, 2};
static struct run_start sample;

static size_t
encode_sample(void)
{
	sample = (struct run_start){.token = 7,
	    .timeout_ms = 30000,
	    .grace_ms = 5000,
	    .output_max = 4096,
	    .arguments = {(char *)"/bin/true", (char *)"", (char *)"a b"},
	    .variables = {(char *)"A=1"},
	    .directory = (char *)"/",
	    .label = (char *)"event 7: a/b",
	    .log_output = true,
	    .umask = 027,
	    .nice = 3,
	    .account = 1,
	    .limits = {{7, 1ull << 40}},
	    .nlimits = 1};

	return run_encode_start(&sample, message);
}

static int
decode(const struct run_start *request)
{
	struct run_start back;

	return run_decode_start(&back, message, run_encode_start(request, message), &table);
}

START_TEST(nobody_runs_as_somebody_who_is_not_in_the_table)
{
	encode_sample();
	ck_assert_int_eq(decode(&sample), 0);
	sample.account = 2;
	ck_assert_int_eq(decode(&sample), -1);
	sample.account = UINT16_MAX;
	ck_assert_int_eq(decode(&sample), -1);
}
END_TEST

START_TEST(what_no_configuration_can_ask_for_is_refused)
{
	static const char *const variables[] = {"LD_PRELOAD=/tmp/x.so", "BASH_ENV=/tmp/x", "PATH=/tmp", "IFS=x", "a=1",
	    "=", "NONAME", "HOOKSPOOL_\n=1", "PYTHONPATH=/tmp"};

	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
		encode_sample();
		sample.variables[0] = (char *)(uintptr_t)variables[i];
		ck_assert_msg(decode(&sample) == -1, "%s", variables[i]);
	}
	encode_sample();
	sample.variables[0] = (char *)(uintptr_t)RUN_PATH;
	ck_assert_int_eq(decode(&sample), 0);
	sample.nice = (uint32_t)-3;
	ck_assert_int_eq(decode(&sample), -1);
	encode_sample();
	sample.umask = 01000;
	ck_assert_int_eq(decode(&sample), -1);
	encode_sample();
	sample.limits[0].resource = 8; /* RLIMIT_MEMLOCK */
	ck_assert_int_eq(decode(&sample), -1);
	encode_sample();
	sample.timeout_ms = UINT64_MAX;
	ck_assert_int_eq(decode(&sample), -1);
	encode_sample();
	sample.arguments[0] = (char *)(uintptr_t) "true";
	ck_assert_int_eq(decode(&sample), -1);
	encode_sample();
	sample.directory = (char *)(uintptr_t) "";
	ck_assert_int_eq(decode(&sample), -1);
}
END_TEST

START_TEST(a_flag_that_nobody_knows_is_refused)
{
	static const char label[] = "event 7: a/b"; /* the flags are behind its NUL */
	struct run_start back;
	size_t len = encode_sample();
	unsigned char *flags = memmem(message, len, label, sizeof label);

	ck_assert_ptr_nonnull(flags);
	flags[sizeof label] |= 8;
	ck_assert_int_eq(run_decode_start(&back, message, len, &table), -1);
}
END_TEST

START_TEST(a_request_comes_back_as_it_was)
{
	struct run_start back;
	size_t len = encode_sample();

	ck_assert_int_eq(run_decode_start(&back, message, len, &table), 0);
	ck_assert_uint_eq(back.token, 7);
	ck_assert_str_eq(back.arguments[2], "a b");
	ck_assert_str_eq(back.arguments[1], "");
	ck_assert_ptr_null(back.arguments[3]);
	ck_assert_str_eq(back.variables[0], "A=1");
	ck_assert_ptr_null(back.variables[1]);
	ck_assert_str_eq(back.directory, "/");
	ck_assert_str_eq(back.label, "event 7: a/b");
	ck_assert(back.log_output && !back.keep_orphans);
	ck_assert_uint_eq(back.umask, 027);
	ck_assert_uint_eq(back.nice, 3);
	ck_assert_ptr_eq(back.as, &accounts[1]);
	ck_assert_uint_eq(back.nlimits, 1);
	ck_assert_uint_eq(back.limits[0].resource, 7);
	ck_assert_uint_eq(back.limits[0].value, 1ull << 40);
}
END_TEST

START_TEST(every_truncated_or_changed_message_is_refused_or_harmless)
{
	struct run_start back;
	size_t len = encode_sample();

	for (size_t i = 0; i < len; i++) {
		unsigned char *copy = malloc(len);

		memcpy(copy, message, i);
		ck_assert_int_eq(run_decode_start(&back, copy, i, &table), -1);
		for (int bit = 0; bit < 8; bit++) {
			memcpy(copy, message, len);
			copy[i] ^= (unsigned char)(1 << bit);
			if (run_decode_start(&back, copy, len, &table) == 0)
				ck_assert_uint_lt(strlen(back.arguments[0]), len);
		}
		free(copy);
	}
}
END_TEST

START_TEST(a_piece_of_output_comes_back_and_is_bounded)
{
	struct run_output o = {9, 5, true, "a\0b", 3}, back;
	uint64_t token;
	size_t len = run_encode_output(&o, message);

	ck_assert_int_eq(run_decode_output(&back, message, len), 0);
	ck_assert_uint_eq(back.token, 9);
	ck_assert_uint_eq(back.missed, 5);
	ck_assert(back.is_error);
	ck_assert_uint_eq(back.len, 3);
	ck_assert_mem_eq(back.bytes, "a\0b", 3);
	for (size_t i = 0; i < len; i++)
		ck_assert_int_eq(run_decode_output(&back, message, i), -1);
	o.len = RUN_OUTPUT_MAX + 1;
	ck_assert_uint_eq(run_encode_output(&o, message), 0);
	len = run_encode_follow(7, message);
	ck_assert_int_eq(run_decode_follow(&token, message, len), 0);
	ck_assert_uint_eq(token, 7);
	ck_assert_int_eq(run_decode_follow(&token, message, len - 1), -1);
	ck_assert_int_eq(run_decode_output(&back, message, len), -1);
	ck_assert_int_eq(run_decode_log(message, len), -1);
	len = run_encode_log(message);
	ck_assert_int_eq(run_decode_log(message, len), 0);
	ck_assert_int_eq(run_decode_log(message, len - 1), -1);
	ck_assert_int_eq(run_decode_log(message, len + 1), -1);
}
END_TEST

START_TEST(a_message_that_is_none_is_refused)
{
	static const unsigned char unused[] = {0, 2, 7, 255}; /* 2 was one once */
	struct run_start request;
	struct run_report report;
	struct run_output o;
	uint64_t token;

	for (size_t i = 0; i < sizeof unused; i++) {
		size_t len = encode_sample();

		message[0] = unused[i];
		ck_assert_int_eq(run_decode_start(&request, message, len, &table), -1);
		ck_assert_int_eq(run_decode_report(&report, message, len), -1);
		ck_assert_int_eq(run_decode_output(&o, message, len), -1);
		ck_assert_int_eq(run_decode_follow(&token, message, 9), -1);
		ck_assert_int_eq(run_decode_log(message, 1), -1);
	}
}
END_TEST

START_TEST(what_does_not_fit_into_a_message_is_refused)
{
	char *large = malloc(RUN_MESSAGE_MAX);
	struct run_start request = {
	    .arguments = {(char *)"/bin/true"}, .variables = {large}, .directory = (char *)"/", .label = (char *)""};

	memset(large, 'x', RUN_MESSAGE_MAX - 1);
	large[RUN_MESSAGE_MAX - 1] = '\0';
	ck_assert_uint_eq(run_encode_start(&request, message), 0);
	free(large);
}
END_TEST

START_TEST(a_report_comes_back_as_it_was)
{
	struct run_report report = {.token = 9,
	    .end = RUN_SIGNALED,
	    .code = 9,
	    .out = "a\0b",
	    .out_len = 3,
	    .err = "",
	    .out_total = 70000,
	    .missed = 11};
	struct run_report back;
	size_t len = run_encode_report(&report, message);

	ck_assert_int_eq(run_decode_report(&back, message, len), 0);
	ck_assert(back.token == 9 && back.end == RUN_SIGNALED && back.code == 9 && back.out_total == 70000 &&
	    back.err_len == 0 && back.missed == 11);
	ck_assert_mem_eq(back.out, "a\0b", 3);
	ck_assert_int_eq(run_decode_report(&back, message, len - 1), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("run");
	TCase *tc = tcase_create("run");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, a_request_comes_back_as_it_was);
	tcase_add_test(tc, a_flag_that_nobody_knows_is_refused);
	tcase_add_test(tc, nobody_runs_as_somebody_who_is_not_in_the_table);
	tcase_add_test(tc, what_no_configuration_can_ask_for_is_refused);
	tcase_add_test(tc, every_truncated_or_changed_message_is_refused_or_harmless);
	tcase_add_test(tc, a_piece_of_output_comes_back_and_is_bounded);
	tcase_add_test(tc, a_message_that_is_none_is_refused);
	tcase_add_test(tc, what_does_not_fit_into_a_message_is_refused);
	tcase_add_test(tc, a_report_comes_back_as_it_was);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
