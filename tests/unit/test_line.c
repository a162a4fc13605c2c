/* What a worker is given for an event. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../src/protocol/run.h"
#include "../../src/runner/line.h"

static struct line line;

static int
file_with(const char *bytes, size_t len)
{
	int fd = memfd_create("body", MFD_CLOEXEC);

	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	return fd;
}

/* The whole line for a body; owned. */
static char *
line_for(const char *value, const char *body, size_t len)
{
	char variable[128];
	struct run_start run = {.number = 18446744073709551615u,
	    .fixed = 2,
	    .variables = {(char *)"PATH=/bin", (char *)"HOOKSPOOL_SOURCE=s", (char *)"HOOKSPOOL_ATTEMPT=3",
		(char *)"HOOKSPOOL_ID=a \"b\"", variable}};
	int in = file_with(body, len), out = memfd_create("line", MFD_CLOEXEC);
	char *text;
	off_t size;

	snprintf(variable, sizeof variable, "NAME=%s", value);
	ck_assert_int_eq(line_open(&line, &run, in), 0);
	ck_assert_int_eq(line_write(&line, out), LINE_DONE);
	line_close(&line);
	size = lseek(out, 0, SEEK_END);
	text = calloc(1, (size_t)size + 1);
	ck_assert_int_eq(pread(out, text, (size_t)size, 0), size);
	close(in);
	close(out);
	return text;
}

static void
check_line(const char *value, const char *body, size_t len, const char *want_env, const char *want_body)
{
	char want[512], *text = line_for(value, body, len);

	snprintf(want, sizeof want,
	    "{\"number\":18446744073709551615,\"attempt\":3,\"source\":\"s\",\"id\":\"a \\\"b\\\"\","
	    "\"env\":{\"NAME\":\"%s\"},%s}\n",
	    want_env, want_body);
	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(a_body_is_a_string_where_it_can_be_one)
{
	check_line("v", "{\"a\":\"\\n\"}\r\n\t", 13, "v", "\"body\":\"{\\\"a\\\":\\\"\\\\n\\\"}\\r\\n\\t\"");
	check_line("v", "\x01\x7f\xc3\xbc\xf0\x9f\x98\x80", 8, "v", "\"body\":\"\\u0001\x7f\xc3\xbc\xf0\x9f\x98\x80\"");
	check_line("v", "", 0, "v", "\"body\":\"\"");
}
END_TEST

START_TEST(a_body_that_is_not_text_is_base64)
{
	check_line("v", "a\0b", 3, "v", "\"body_base64\":\"YQBi\"");
	check_line("v", "\xff", 1, "v", "\"body_base64\":\"/w==\"");
	check_line("v", "\xc3", 1, "v", "\"body_base64\":\"ww==\"");
}
END_TEST

START_TEST(bytes_of_a_variable_that_are_not_text_are_replaced)
{
	check_line("a\xff\n", "", 0, "a\xef\xbf\xbd\\n", "\"body\":\"\"");
}
END_TEST

START_TEST(a_large_body_comes_whole)
{
	size_t len = 100001, head = strlen(",\"body_base64\":\"");
	char *body = malloc(len), *text, *at;

	for (int base64 = 0; base64 < 2; base64++) {
		size_t each = base64 != 0 ? (len + 2) / 3 * 4 : 2 * len;

		memset(body, '"', len);
		body[len - 1] = base64 != 0 ? '\0' : '"';
		text = line_for("v", body, len);
		at = strstr(text, base64 != 0 ? ",\"body_base64\":\"" : ",\"body\":\"");
		ck_assert_ptr_nonnull(at);
		at += base64 != 0 ? head : strlen(",\"body\":\"");
		ck_assert_uint_eq(strlen(at), each + strlen("\"}\n"));
		free(text);
	}
	free(body);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("line");
	TCase *cases = tcase_create("line");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(cases, a_body_is_a_string_where_it_can_be_one);
	tcase_add_test(cases, a_body_that_is_not_text_is_base64);
	tcase_add_test(cases, bytes_of_a_variable_that_are_not_text_are_replaced);
	tcase_add_test(cases, a_large_body_comes_whole);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
