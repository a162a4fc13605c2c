/* Globs. */
#include "../../src/lib/glob.h"

#include <check.h>
#include <limits.h>
#include <stdlib.h>

START_TEST(a_rank_counts_what_stands_before_the_first_wildcard)
{
	ck_assert_uint_eq(glob_rank("*"), 0);
	ck_assert_uint_eq(glob_rank("?a"), 0);
	ck_assert_uint_eq(glob_rank("ab[cd]"), 2);
	ck_assert_uint_eq(glob_rank("a.b.*"), 4);
	ck_assert_uint_eq(glob_rank("a\\*b*"), 3);
	ck_assert_uint_eq(glob_rank("a.b"), UINT_MAX);
	ck_assert_uint_eq(glob_rank("a\\*"), UINT_MAX);
}
END_TEST

START_TEST(a_glob_closes_its_brackets)
{
	ck_assert(glob_valid("a*?[b-d][!x][]]\\["));
	ck_assert(!glob_valid("["));
	ck_assert(!glob_valid("a[]"));
	ck_assert(!glob_valid("a[!]"));
	ck_assert(!glob_valid("a\\"));
	ck_assert(glob_valid("[\\]]") && glob_match("[\\]]", "]"));
	ck_assert(!glob_valid("[a\\]"));
	ck_assert(glob_valid("[[:alpha:]]") && glob_match("[[:alpha:]]", "x"));
	ck_assert(!glob_valid("[[:alpha:]"));
	ck_assert(glob_match("a.*", "a.b/c.d"));
	ck_assert(glob_match("*", ".hidden"));
	ck_assert(!glob_match("a.*", "A.b"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("glob");
	TCase *tc = tcase_create("glob");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, a_rank_counts_what_stands_before_the_first_wildcard);
	tcase_add_test(tc, a_glob_closes_its_brackets);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
