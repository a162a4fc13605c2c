/* The strict scanner: what it refuses, what it finds, and json-c as oracle for what it accepts. */
#include <check.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/conf/selector.h"
#include "../../src/lib/json.h"

static struct json_scratch *scratch;
static struct json_value values[JSON_PLAN_MAX];

static enum json_result
scan_for(const char *text, size_t len, const char *const *selectors, size_t n)
{
	struct selector *parsed[JSON_PLAN_MAX] = {NULL};
	const struct json_pointer *pointers[JSON_PLAN_MAX] = {NULL};
	struct json_plan *plan;
	enum json_result result;
	const char *why;
	char *copy = malloc(len + 1); /* exactly so long, for the sanitizer */

	for (size_t i = 0; i < n; i++) {
		ck_assert_ptr_nonnull(parsed[i] = selector_parse(selectors[i], &why));
		pointers[i] = &parsed[i]->pointer;
	}
	plan = json_plan_new(pointers, n, 8);
	ck_assert_ptr_nonnull(plan);
	memcpy(copy, text, len);
	copy = realloc(copy, len > 0 ? len : 1);
	result = json_scan(plan, scratch, copy, len, values, NULL);
	for (size_t i = 0; i < n && result == JSON_OK; i++)
		if (values[i].type != JSON_ABSENT)
			values[i].bytes = text + (values[i].bytes - copy);
	free(copy);
	json_plan_free(plan);
	for (size_t i = 0; i < n; i++)
		selector_free(parsed[i]);
	return result;
}

static enum json_result
scan(const char *text)
{
	return scan_for(text, strlen(text), NULL, 0);
}

static const char *const refused[] = {"", " ", "-01", "2.", "2.e3", "-.5", ".5", "1e", "1e+", "+1", "01", "-", "NaN",
    "Infinity", "-Infinity", "0x1", "1_000", "\"a\nb\"", "\"a\tb\"", "'a'", "{'a':1}", "{a:1}", "[1,]", "[,1]", "[1 2]",
    "[", "]", "[1", "{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{,}", "{", "}", "{\"a\":1", "\"", "\"a",
    "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\", "tru", "True", "nul", "falsee", "[1]]", "1 2", "/**/1", "//\n1",
    "\xef\xbb\xbf{}", "\f1", "\v1", "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
    "\"\xe2\x82\"", "\"\x80\"", "[1}", "{\"a\":1]", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
    "{\"x\":{\"b\":1,\"b\":1}}", "[[[[[[[[[1]]]]]]]]]", "{\"a\":1 \"b\":2}", "\"\x1f\"", "[\"a\",\n4\n,1,",
    "{\"a\":\"b\"}#", "1.0e1.0", "--1", "1-", "\"\\ud83d\\u\"", "[-]", "{1:1}", "{null:1}", "[\"\\a\"]"};
static const char *const accepted[] = {"0", "-0", "1.5e-3", "1E+2", "0e1", "true", "false", "null", "\"\"", "[]", "{}",
    "[ ]", "{ }", " [1 , 2 ] ", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\\ud800\"", "\"\x7f\"",
    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", "{\"a\":{\"a\":{\"a\":1}}}", "[{\"a\":1},{\"a\":2}]",
    "[[[[[[[[1]]]]]]]]", "\r\n\t {\"a\" : [ ] }\n", "{\"\":1}", "123456789012345678901234567890", "{\"a\":1,\"A\":2}"};

START_TEST(what_is_not_rfc_8259_is_refused)
{
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		ck_assert_msg(scan(refused[i]) != JSON_OK, "accepted: %s", refused[i]);
}
END_TEST

START_TEST(what_is_rfc_8259_is_accepted)
{
	for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++)
		ck_assert_msg(scan(accepted[i]) == JSON_OK, "refused: %s", accepted[i]);
}
END_TEST

START_TEST(reasons_are_told_apart)
{
	ck_assert_int_eq(scan(" "), JSON_EMPTY);
	ck_assert_int_eq(scan("{\"a\":1,\"\\u0061\":2}"), JSON_DUPLICATE);
	ck_assert_int_eq(scan("[[[[[[[[[1]]]]]]]]]"), JSON_TOO_DEEP);
	ck_assert_int_eq(scan("{} x"), JSON_TRAILING);
	ck_assert_int_eq(scan("\"\xff\""), JSON_UTF8);
}
END_TEST

START_TEST(selected_values_are_their_exact_bytes)
{
	static const char text[] =
	    "{\"n\": 1.50, \"s\":\"\\u0041b\", \"o\":{\"x\":[10,{\"y\": null}]}, \"a/b\":1, \"m~n\":2, \"\":3}";
	static const char *const selectors[] = {"body:/n", "body:/s", "body:/o", "body:/o/x/1/y", "body:/o/x/0",
	    "body:/a~1b", "body:/m~0n", "body:/", "body:", "body:/o/x/2", "body:/o/x/00", "body:/o/x/-",
	    "body:/none/x"};
	static const char *const want[] = {"1.50", "\"\\u0041b\"", "{\"x\":[10,{\"y\": null}]}", "null", "10", "1", "2",
	    "3", text, NULL, NULL, NULL, NULL};

	ck_assert_int_eq(scan_for(text, strlen(text), selectors, 13), JSON_OK);
	for (int i = 0; i < 13; i++) {
		if (want[i] == NULL) {
			ck_assert_int_eq(values[i].type, JSON_ABSENT);
			continue;
		}
		ck_assert_uint_eq(values[i].len, strlen(want[i]));
		ck_assert_mem_eq(values[i].bytes, want[i], values[i].len);
	}
}
END_TEST

START_TEST(names_match_after_unescaping)
{
	static const char *const selectors[] = {"body:/ab"};

	ck_assert_int_eq(scan_for("{\"\\u0061b\":7}", 13, selectors, 1), JSON_OK);
	ck_assert_int_eq(values[0].type, JSON_NUMBER);
}
END_TEST

static enum json_text_result
text_of(const char *text, char *out, size_t size)
{
	static const char *const selectors[] = {"body:"};
	size_t len = 0;
	enum json_text_result result;

	ck_assert_int_eq(scan_for(text, strlen(text), selectors, 1), JSON_OK);
	result = json_text(&values[0], out, size, &len);
	if (result == JSON_TEXT_OK)
		ck_assert_uint_eq(len, strlen(out));
	return result;
}

START_TEST(texts_are_unescaped_and_what_has_no_text_is_refused)
{
	char out[16];

	ck_assert_int_eq(text_of("\"a\\u00e9\\ud83d\\ude00\\n\"", out, sizeof out), JSON_TEXT_OK);
	ck_assert_str_eq(out, "a\xc3\xa9\xf0\x9f\x98\x80\n");
	ck_assert_int_eq(text_of("12345678901", out, sizeof out), JSON_TEXT_OK);
	ck_assert_str_eq(out, "12345678901");
	ck_assert_int_eq(text_of("\"a\\u0000\"", out, sizeof out), JSON_TEXT_NUL);
	ck_assert_int_eq(text_of("\"\\ud800x\"", out, sizeof out), JSON_TEXT_SURROGATE);
	ck_assert_int_eq(text_of("\"\\udc00\\ud800\"", out, sizeof out), JSON_TEXT_SURROGATE);
	ck_assert_int_eq(text_of("\"1234567890123456\"", out, sizeof out), JSON_TEXT_LONG);
	ck_assert_int_eq(text_of("null", out, sizeof out), JSON_TEXT_TYPE);
	ck_assert_int_eq(text_of("[]", out, sizeof out), JSON_TEXT_TYPE);
}
END_TEST

static const char document[] =
    "{\"event\":\"verification.completed\",\"n\":[1,-2.5e3,true,null],\"s\":\"\\u00e9\xc3\xa9\\n\",\"o\":{\"a\":{}}}";

START_TEST(every_truncation_is_refused)
{
	for (size_t i = 0; i < strlen(document); i++)
		ck_assert_msg(scan_for(document, i, NULL, 0) != JSON_OK, "%zu bytes", i);
}
END_TEST

START_TEST(whatever_is_accepted_json_c_accepts_too)
{
	static const char bytes[] = "{}[]\",:0123456789.eE+-truefalsn \\u\n\t\x80\xc3\xe2";
	unsigned seed = 7;
	size_t len = strlen(document), taken = 0;

	for (int round = 0; round < 60000; round++) {
		struct json_tokener *tokener = json_tokener_new();
		char text[sizeof document];
		struct json_object *tree;

		memcpy(text, document, sizeof document);
		for (int i = 0; i <= round % 3; i++)
			text[rand_r(&seed) % len] = bytes[(unsigned)rand_r(&seed) % (sizeof bytes - 1)];
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
		if (scan_for(text, len, NULL, 0) == JSON_OK) {
			taken++;
			tree = json_tokener_parse_ex(tokener, text, (int)len);
			ck_assert_msg(
			    tree != NULL && json_tokener_get_parse_end(tokener) == len, "round %d: %s", round, text);
			json_object_put(tree);
		}
		json_tokener_free(tokener);
	}
	ck_assert_uint_gt(taken, 1000);
}
END_TEST

START_TEST(a_hundred_thousand_names_take_linear_time_and_a_duplicate_at_the_end_is_found)
{
	size_t size = 3000000, n = 0;
	char *text = malloc(size);

	text[n++] = '{';
	for (int i = 0; i < 100000; i++)
		n += (size_t)snprintf(text + n, size - n, "\"k%d\":1,", i);
	n += (size_t)snprintf(text + n, size - n, "\"k0\":1}");
	ck_assert_int_eq(scan_for(text, n, NULL, 0), JSON_DUPLICATE);
	text[n - 6] = 'q';
	ck_assert_int_eq(scan_for(text, n, NULL, 0), JSON_OK);
	free(text);
}
END_TEST

static void
set_up(void)
{
	scratch = json_scratch_new();
}

static void
tear_down(void)
{
	json_scratch_free(scratch);
}

int
main(void)
{
	Suite *suite = suite_create("json");
	TCase *tc = tcase_create("json");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, what_is_not_rfc_8259_is_refused);
	tcase_add_test(tc, what_is_rfc_8259_is_accepted);
	tcase_add_test(tc, reasons_are_told_apart);
	tcase_add_test(tc, selected_values_are_their_exact_bytes);
	tcase_add_test(tc, names_match_after_unescaping);
	tcase_add_test(tc, texts_are_unescaped_and_what_has_no_text_is_refused);
	tcase_add_test(tc, every_truncation_is_refused);
	tcase_add_test(tc, whatever_is_accepted_json_c_accepts_too);
	tcase_add_test(tc, a_hundred_thousand_names_take_linear_time_and_a_duplicate_at_the_end_is_found);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
