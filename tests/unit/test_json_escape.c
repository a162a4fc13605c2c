/* Escapes of JSON strings. */
#include "../../src/lib/json_escape.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(only_what_must_be_is_escaped)
{
	for (int c = 0; c < 256; c++) {
		char out[JSON_ESCAPE_MAX], want[JSON_ESCAPE_MAX + 1];
		int n = c < ' '		    ? snprintf(want, sizeof want, "\\u%04x", (unsigned)c)
		    : c == '"' || c == '\\' ? snprintf(want, sizeof want, "\\%c", c)
					    : snprintf(want, sizeof want, "%c", c);

		ck_assert_uint_eq(json_escape(out, (char)c), (size_t)n);
		ck_assert_mem_eq(out, want, (size_t)n);
	}
}
END_TEST

START_TEST(what_was_escaped_is_resolved)
{
	for (int c = 0; c < 256; c++) {
		char raw[JSON_ESCAPE_MAX], out[JSON_ESCAPE_MAX];

		ck_assert_uint_eq(json_unescape(out, raw, json_escape(raw, (char)c)), 1);
		ck_assert_int_eq((unsigned char)out[0], c);
	}
}
END_TEST

START_TEST(all_escapes_are_resolved)
{
	static const struct {
		const char *raw, *text;
	} cases[] = {{"", ""}, {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
	    {"a\\u00E4\\u20acb",
		"a\xc3\xa4\xe2\x82\xac"
		"b"},
	    {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"}, {"\\ud83dx", "\xed\xa0\xbdx"}, {"\\ude00", "\xed\xb8\x80"}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char out[64];
		size_t n = json_unescape(out, cases[i].raw, strlen(cases[i].raw));

		ck_assert_uint_eq(n, strlen(cases[i].text));
		ck_assert_mem_eq(out, cases[i].text, n);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("json_escape");
	TCase *tc = tcase_create("json_escape");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, only_what_must_be_is_escaped);
	tcase_add_test(tc, what_was_escaped_is_resolved);
	tcase_add_test(tc, all_escapes_are_resolved);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
