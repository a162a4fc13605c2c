/* Numbers, compared as they are written. */
#include "../../src/lib/decimal.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static int
compare(const char *a, const char *b)
{
	int result = decimal_compare(a, strlen(a), b, strlen(b));

	ck_assert_int_eq(decimal_compare(b, strlen(b), a, strlen(a)), -result);
	return result;
}

START_TEST(numbers_are_compared_as_they_are_written)
{
	static const char *const ascending[] = {"-1e400", "-12345678901234567890123", "-10", "-9.5", "-1", "-0.5",
	    "-1e-400", "0", "1e-400", "0.00123", "0.0123", "0.1", "0.10000000000000000000000000000000000001", "0.9",
	    "1", "1.0000001", "9", "10", "99.99", "100", "9007199254740992", "9007199254740993", "1e17", "1e400"};
	size_t n = sizeof ascending / sizeof ascending[0];

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			ck_assert_msg(compare(ascending[i], ascending[j]) == (i > j) - (i < j), "%s and %s",
			    ascending[i], ascending[j]);
}
END_TEST

START_TEST(one_number_has_many_texts)
{
	static const char *const same[][2] = {{"0", "-0.0e7"}, {"1", "1.000"}, {"1", "10e-1"}, {"100", "1E+2"},
	    {"0.001", "1e-3"}, {"120", "0.0012e5"}, {"-5", "-0.5e1"}, {"0", "0e999999999999"},
	    {"1e999999999999", "1e99999999999999"}};

	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
		ck_assert_msg(compare(same[i][0], same[i][1]) == 0, "%s and %s", same[i][0], same[i][1]);
}
END_TEST

START_TEST(an_integer_has_no_fraction_however_it_is_written)
{
	static const char *const integers[] = {"0", "-0.000", "5", "5.0", "50e-1", "1e30", "1.25e2", "0e-9", "100e-2"};
	static const char *const others[] = {"0.5", "5.01", "1e-1", "1.25e1", "123e-4", "99.99e1"};

	for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++)
		ck_assert_msg(decimal_is_integer(integers[i], strlen(integers[i])), "%s", integers[i]);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		ck_assert_msg(!decimal_is_integer(others[i], strlen(others[i])), "%s", others[i]);
}
END_TEST

START_TEST(a_configured_number_is_as_json_writes_it)
{
	static const char *const good[] = {"0", "-1", "10.5", "1e3", "1E-3", "-0.0e+0"};
	static const char *const bad[] = {"", "-", "01", "1.", ".5", "1e", "1e+", "+1", "1 ", "0x1", "1,5", "NaN"};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		ck_assert_msg(decimal_valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!decimal_valid(bad[i]), "%s", bad[i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("decimal");
	TCase *tc = tcase_create("decimal");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, numbers_are_compared_as_they_are_written);
	tcase_add_test(tc, one_number_has_many_texts);
	tcase_add_test(tc, an_integer_has_no_fraction_however_it_is_written);
	tcase_add_test(tc, a_configured_number_is_as_json_writes_it);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
