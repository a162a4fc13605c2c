/* Field rules, one by one. */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/conf/conf.h"
#include "../../src/webhook/field.h"

/* What the rule says about the JSON TEXT, or "" when it holds. */
static const char *
check(struct field field, const char *text)
{
	static const struct {
		char first;
		enum json_kind kind;
	} kinds[] = {{'"', JSON_STRING}, {'[', JSON_ARRAY}, {'{', JSON_OBJECT}, {'t', JSON_BOOLEAN},
	    {'f', JSON_BOOLEAN}, {'n', JSON_NULL}};
	static char why[200];
	struct json_value value = {text == NULL ? JSON_ABSENT : JSON_NUMBER, text, text == NULL ? 0 : strlen(text)};
	struct field_rule *rule;
	const char *said;

	if (field.max_length == 0)
		field.max_length = UINT_MAX;
	for (size_t i = 0; text != NULL && i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].first == *text)
			value.type = kinds[i].kind;
	rule = field_rule_new(&field);
	ck_assert_ptr_nonnull(rule);
	said = field_check(rule, &value);
	strcpy(why, said != NULL ? said : "");
	field_rule_free(rule);
	return why;
}

#define TEXT(s) ((char *)(uintptr_t)(s))

START_TEST(what_is_required_must_be_there)
{
	ck_assert_str_eq(check((struct field){.required = true}, NULL), "is missing");
	ck_assert_str_eq(check((struct field){.required = true}, "null"), "");
	ck_assert_str_eq(check((struct field){.types = 1u << JSON_STRING}, NULL), "");
}
END_TEST

START_TEST(a_type_is_one_of_those_named)
{
	struct field f = {.types = 1u << JSON_STRING | 1u << JSON_NULL};

	ck_assert_str_eq(check(f, "\"a\""), "");
	ck_assert_str_eq(check(f, "null"), "");
	ck_assert_str_eq(check(f, "1"), "has the wrong type");
	f = (struct field){.types = 1u << JSON_NUMBER, .integer = true};
	ck_assert_str_eq(check(f, "5.0"), "");
	ck_assert_str_eq(check(f, "5.5"), "has the wrong type (a number with a fraction)");
}
END_TEST

START_TEST(a_number_is_between_its_limits)
{
	struct field f = {.min = TEXT("-1.5"), .max = TEXT("1e3")};

	ck_assert_str_eq(check(f, "-1.5"), "");
	ck_assert_str_eq(check(f, "1000.0"), "");
	ck_assert_str_eq(check(f, "-1.500000000000000000001"), "is below min -1.5");
	ck_assert_str_eq(check(f, "1000.0000000000000000001"), "is above max 1e3");
	ck_assert_str_eq(check(f, "1e999999999"), "is above max 1e3");
}
END_TEST

START_TEST(a_length_is_counted_in_characters)
{
	struct field f = {.min_length = 2, .max_length = 3};

	ck_assert_str_eq(check(f, "\"ab\""), "");
	ck_assert_str_eq(check(f, "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""), "");
	ck_assert_str_eq(check(f, "\"\\u00e4\\u20ac\\ud83d\\ude00\""), "");
	ck_assert_str_eq(check(f, "\"\xc3\xa4\""), "is shorter than min-length 2");
	ck_assert_str_eq(check(f, "\"abcd\""), "is longer than max-length 3");
	ck_assert_str_eq(check((struct field){.min_length = 2}, "\"\""), "is shorter than min-length 2");
}
END_TEST

START_TEST(a_pattern_is_an_extended_regular_expression)
{
	struct field f = {.pattern = TEXT("^(ORD|INV)-[0-9]{4,}$")};
	char text[5003];

	ck_assert_str_eq(check(f, "\"ORD-1234\""), "");
	ck_assert_str_eq(check(f, "\"ORD-123\""), "does not match its pattern");
	ck_assert_str_eq(check(f, "\"xORD-1234\""), "does not match its pattern");
	memset(text, 'a', sizeof text);
	text[0] = text[5001] = '"';
	text[5002] = '\0';
	ck_assert_str_eq(check(f, text), "is too long for its rules");
	ck_assert_str_eq(check(f, "\"a\\u0000\""), "is not a text that its rules can be applied to");
}
END_TEST

START_TEST(a_time_is_one_of_rfc_3339)
{
	/* Section 5.8, and around it. */
	static const char *const good[] = {"1985-04-12T23:20:50.52Z", "1996-12-19T16:39:57-08:00",
	    "1990-12-31T23:59:60Z", "1937-01-01T12:00:27.87+00:20", "2000-02-29t00:00:00z",
	    "2024-02-29T00:00:00+23:59"};
	static const char *const bad[] = {"", "2024-01-01", "2024-01-01T00:00:00", "2024-13-01T00:00:00Z",
	    "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2024-01-32T00:00:00Z", "2024-01-00T00:00:00Z",
	    "2024-01-01 00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:61Z",
	    "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+0000", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00Zx",
	    "2024-1-01T00:00:00ZZ", "2024-01-01T00:00:00+00:0"};
	char text[64];

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		snprintf(text, sizeof text, "\"%s\"", good[i]);
		ck_assert_str_eq(check((struct field){.format = FORMAT_RFC3339}, text), "");
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(text, sizeof text, "\"%s\"", bad[i]);
		ck_assert_msg(*check((struct field){.format = FORMAT_RFC3339}, text) != '\0', "%s", bad[i]);
	}
}
END_TEST

START_TEST(a_uuid_has_its_hyphens_in_place)
{
	struct field f = {.format = FORMAT_UUID};

	ck_assert_str_eq(check(f, "\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\""), "");
	ck_assert_str_eq(check(f, "\"F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6\""), "");
	ck_assert_str_eq(check(f, "\"f81d4fae7dec11d0a76500a0c91e6bf6\""), "does not have the format uuid");
	ck_assert_str_eq(check(f, "\"f81d4fae-7dec-11d0-a765-00a0c91e6bfg\""), "does not have the format uuid");
	ck_assert_str_eq(check(f, "\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6 \""), "does not have the format uuid");
}
END_TEST

START_TEST(a_rule_is_for_the_events_it_names)
{
	char *when[] = {TEXT("order.*"), TEXT("refund"), NULL};
	struct field f = {.when = when};

	ck_assert(field_applies(&f, "order.paid"));
	ck_assert(field_applies(&f, "refund"));
	ck_assert(!field_applies(&f, "orders"));
	f.when = NULL;
	ck_assert(field_applies(&f, ""));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("field");
	TCase *tc = tcase_create("field");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, what_is_required_must_be_there);
	tcase_add_test(tc, a_type_is_one_of_those_named);
	tcase_add_test(tc, a_number_is_between_its_limits);
	tcase_add_test(tc, a_length_is_counted_in_characters);
	tcase_add_test(tc, a_pattern_is_an_extended_regular_expression);
	tcase_add_test(tc, a_time_is_one_of_rfc_3339);
	tcase_add_test(tc, a_uuid_has_its_hyphens_in_place);
	tcase_add_test(tc, a_rule_is_for_the_events_it_names);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
