/* Forms. */
#include "../../src/lib/form.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static enum form_result
form(const char *text, const char *name, const char *want)
{
	char out[8] = "";
	size_t len = 0;
	enum form_result result = form_value(text, strlen(text), name, out, sizeof out, &len);

	if (want != NULL) {
		ck_assert_str_eq(out, want);
		ck_assert_uint_eq(len, strlen(want));
	}
	return result;
}

START_TEST(a_form_gives_each_field_decoded)
{
	ck_assert_int_eq(form("a=1&b=2", "b", "2"), FORM_OK);
	ck_assert_int_eq(form("a=%7B+%2b%26", "a", "{ +&"), FORM_OK);
	ck_assert_int_eq(form("%61=1", "a", "1"), FORM_OK);
	ck_assert_int_eq(form("a=", "a", ""), FORM_OK);
	ck_assert_int_eq(form("a", "a", ""), FORM_OK);
	ck_assert_int_eq(form("a=1=2", "a", "1=2"), FORM_OK);
	ck_assert_int_eq(form("&&a=1&", "a", "1"), FORM_OK);
	ck_assert_int_eq(form("ab=1", "a", NULL), FORM_ABSENT);
	ck_assert_int_eq(form("", "a", NULL), FORM_ABSENT);
	ck_assert_int_eq(form("a=1&a=1", "a", NULL), FORM_TWICE);
	ck_assert_int_eq(form("a=1&%61=1", "a", NULL), FORM_TWICE);
	ck_assert_int_eq(form("a=%", "a", NULL), FORM_ENCODING);
	ck_assert_int_eq(form("a=%4", "a", NULL), FORM_ENCODING);
	ck_assert_int_eq(form("a=%4&b=1", "a", NULL), FORM_ENCODING);
	ck_assert_int_eq(form("a=%zz", "a", NULL), FORM_ENCODING);
	ck_assert_int_eq(form("a=%00", "a", NULL), FORM_NUL);
	ck_assert_int_eq(form("a=1234567", "a", "1234567"), FORM_OK);
	ck_assert_int_eq(form("a=12345678", "a", NULL), FORM_LONG);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("form");
	TCase *tc = tcase_create("form");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, a_form_gives_each_field_decoded);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
