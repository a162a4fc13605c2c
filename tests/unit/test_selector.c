/* What a selector's text means, and what is none. */
#include "../../src/conf/selector.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct selector *
read_good(const char *text)
{
	const char *why = NULL;
	struct selector *selector = selector_parse(text, &why);

	ck_assert_msg(selector != NULL, "%s: %s", text, why);
	ck_assert_str_eq(selector->text, text);
	return selector;
}

static void
is_named(const char *text, enum selector_kind kind, const char *name)
{
	struct selector *selector = read_good(text);

	ck_assert_int_eq(selector->kind, kind);
	ck_assert_str_eq(selector->name, name);
	selector_free(selector);
}

START_TEST(a_header_is_the_variable_of_cgi)
{
	is_named("header:X-GitHub-Event", SELECTOR_HEADER, "HTTP_X_GITHUB_EVENT");
	is_named("header:content-type", SELECTOR_HEADER, "CONTENT_TYPE");
	is_named("header:Content-Length", SELECTOR_HEADER, "CONTENT_LENGTH");
	is_named("header:Content-Types", SELECTOR_HEADER, "HTTP_CONTENT_TYPES");
	is_named("query:a.b_c-1", SELECTOR_QUERY, "a.b_c-1");
	is_named("form:payload", SELECTOR_FORM, "payload");
}
END_TEST

START_TEST(a_pointer_is_cut_and_unescaped)
{
	struct selector *selector = read_good("body:/a~1b/m~0n//~01");

	ck_assert_int_eq(selector->kind, SELECTOR_BODY);
	ck_assert_uint_eq(selector->pointer.ntokens, 4);
	ck_assert_str_eq(selector->pointer.tokens[0], "a/b");
	ck_assert_str_eq(selector->pointer.tokens[1], "m~n");
	ck_assert_str_eq(selector->pointer.tokens[2], "");
	ck_assert_str_eq(selector->pointer.tokens[3], "~1");
	selector_free(selector);
	selector = read_good("body:");
	ck_assert_uint_eq(selector->pointer.ntokens, 0);
	selector_free(selector);
	selector = read_good("digest");
	ck_assert_int_eq(selector->kind, SELECTOR_DIGEST);
	selector_free(selector);
}
END_TEST

START_TEST(a_title_is_a_bare_pointer)
{
	const char *why = NULL;
	struct selector *selector = selector_parse_pointer("/customer/id", &why);

	ck_assert_ptr_nonnull(selector);
	ck_assert_int_eq(selector->kind, SELECTOR_BODY);
	ck_assert_str_eq(selector->pointer.tokens[1], "id");
	selector_free(selector);
	ck_assert_ptr_null(selector_parse_pointer("customer", &why));
	ck_assert_str_eq(why, "a JSON Pointer is empty or begins with '/'");
}
END_TEST

START_TEST(what_is_no_selector_is_said)
{
	static const struct {
		const char *text, *why;
	} bad[] = {{"", "a selector is body:/pointer, header:Name, query:name, form:name or digest"},
	    {"Digest", "a selector is body:/pointer, header:Name, query:name, form:name or digest"},
	    {"header:", "a header selector needs the header's name"},
	    {"header:X_Y", "a header's name has letters, digits and '-' only"},
	    {"query:", "a query or form selector needs the parameter's name"},
	    {"form:a b", "a parameter's name has letters, digits, '_', '.' and '-' only"},
	    {"body:a", "a JSON Pointer is empty or begins with '/'"},
	    {"body:/~2", "in a JSON Pointer '~' is written ~0 and '/' inside a name ~1"},
	    {"body:/~", "in a JSON Pointer '~' is written ~0 and '/' inside a name ~1"}};
	char text[SELECTOR_TEXT_MAX + 2] = "query:";
	const char *why;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ck_assert_ptr_null(selector_parse(bad[i].text, &why));
		ck_assert_str_eq(why, bad[i].why);
	}
	memset(text + 6, 'a', SELECTOR_TEXT_MAX - 6);
	selector_free(read_good(text));
	text[SELECTOR_TEXT_MAX] = 'a';
	ck_assert_ptr_null(selector_parse(text, &why));
	ck_assert_str_eq(why, "the selector is too long");
	strcpy(text, "body:");
	for (int i = 0; i <= JSON_POINTER_MAX; i++)
		strcat(text, "/a");
	ck_assert_ptr_null(selector_parse(text, &why));
	ck_assert_str_eq(why, "the JSON Pointer has too many parts");
	selector_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("selector");
	TCase *tc = tcase_create("selector");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, a_header_is_the_variable_of_cgi);
	tcase_add_test(tc, a_pointer_is_cut_and_unescaped);
	tcase_add_test(tc, a_title_is_a_bare_pointer);
	tcase_add_test(tc, what_is_no_selector_is_said);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
