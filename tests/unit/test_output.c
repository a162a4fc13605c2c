/* What is kept of a hook's output. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/runner/output.h"

static struct output output;
static char kept[RUN_OUTPUT_MAX];

START_TEST(short_output_is_kept_whole)
{
	output_init(&output, 100);
	output_add(&output, "hello ", 6);
	output_add(&output, "world", 5);
	ck_assert_uint_eq(output_kept(&output, kept), 11);
	ck_assert_mem_eq(kept, "hello world", 11);
}
END_TEST

START_TEST(of_long_output_beginning_and_end_are_kept)
{
	char text[1000];
	uint32_t len;

	output_init(&output, 1024);
	for (int i = 0; i < 100; i++) {
		memset(text, 'a' + i % 26, sizeof text);
		output_add(&output, text, sizeof text);
	}
	output_add(&output, "the end", 7);
	len = output_kept(&output, kept);
	ck_assert_uint_le(len, 1024);
	ck_assert_uint_eq(output.total, 100007);
	ck_assert_mem_eq(kept, "aaaa", 4);
	ck_assert_mem_eq(kept + len - 7, "the end", 7);
	kept[len - 1] = '\0';
	ck_assert_ptr_nonnull(strstr(kept, "99047 bytes left out"));
}
END_TEST

/* For the sanitizer: an answer without a message has no bytes at all. */
START_TEST(nothing_at_all_adds_nothing)
{
	char out[RUN_OUTPUT_MAX];

	output_init(&output, 100);
	output_add(&output, NULL, 0);
	ck_assert_uint_eq(output_kept(&output, out), 0);
	ck_assert_uint_eq(output.total, 0);
	output_add(&output, "x", 1);
	output_add(&output, NULL, 0);
	ck_assert_uint_eq(output_kept(&output, out), 1);
}
END_TEST

START_TEST(nothing_is_kept_when_nothing_is_wanted)
{
	output_init(&output, 0);
	output_add(&output, "hello", 5);
	ck_assert_uint_eq(output_kept(&output, kept), 0);
	ck_assert_uint_eq(output.total, 5);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("output");
	TCase *tc = tcase_create("output");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, short_output_is_kept_whole);
	tcase_add_test(tc, of_long_output_beginning_and_end_are_kept);
	tcase_add_test(tc, nothing_is_kept_when_nothing_is_wanted);
	tcase_add_test(tc, nothing_at_all_adds_nothing);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
