/* Names that may carry what a sender sent, and those that may not. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/protocol/variable.h"

static bool
is_name(const char *name)
{
	return variable_is_name(name, strlen(name));
}

static bool
is_free(const char *name)
{
	return variable_is_free(name, strlen(name));
}

START_TEST(a_name_is_of_capitals_digits_and_underscores)
{
	char longest[VARIABLE_NAME_MAX + 2];

	ck_assert(is_name("A") && is_name("_") && is_name("CUSTOMER_ID") && is_name("X1"));
	ck_assert(!is_name("") && !is_name("1X") && !is_name("a") && !is_name("A-B") && !is_name("A=") &&
	    !is_name("\xc3\x84"));
	memset(longest, 'A', sizeof longest);
	ck_assert(variable_is_name(longest, VARIABLE_NAME_MAX));
	ck_assert(!variable_is_name(longest, VARIABLE_NAME_MAX + 1));
	ck_assert(!variable_is_name("A\0B", 3));
}
END_TEST

START_TEST(hookspools_own_begin_alike)
{
	ck_assert(variable_is_own("HOOKSPOOL_ID", 12));
	ck_assert(variable_is_own("HOOKSPOOL_", 10));
	ck_assert(!variable_is_own("HOOKSPOOL_", 9));
	ck_assert(!variable_is_own("HOOKSPOOLED", 11));
	ck_assert(!variable_is_own("MY_HOOKSPOOL_ID", 15));
}
END_TEST

START_TEST(what_means_something_to_a_program_is_not_free)
{
	static const char *const taken[] = {
	    "HOOKSPOOL_ID", "LD_PRELOAD", "PATH", "BASH_ENV", "PYTHONPATH", "IFS", "LC_ALL", "GCONV_PATH", "lower"};

	for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
		ck_assert_msg(!is_free(taken[i]), "%s", taken[i]);
	ck_assert(is_free("CUSTOMER_ID") && is_free("PATHS") && is_free("LD") && is_free("MY_PATH"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("variable");
	TCase *tc = tcase_create("variable");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, a_name_is_of_capitals_digits_and_underscores);
	tcase_add_test(tc, hookspools_own_begin_alike);
	tcase_add_test(tc, what_means_something_to_a_program_is_not_free);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
