/* What a log line may show. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/lib/log.h"

static const char *
visible(const char *bytes, size_t len)
{
	static char out[64];

	return log_visible(out, sizeof out, bytes, len);
}

START_TEST(control_characters_are_shown)
{
	ck_assert_str_eq(visible("a\nb\033[31m\0c\177", 11), "a\\x0ab\\x1b[31m\\x00c\\x7f");
}
END_TEST

START_TEST(c1_controls_are_shown_and_other_utf8_is_kept)
{
	ck_assert_str_eq(visible("\xc2\x9b"
				 "1m \xc3\xa9 \xe2\x82\xac",
			     11),
	    "\\xc2\\x9b1m \xc3\xa9 \xe2\x82\xac");
}
END_TEST

START_TEST(invalid_utf8_is_shown_byte_by_byte)
{
	ck_assert_str_eq(visible("\xff\xc0\x80\xed\xa0\x80\xe2\x82", 8), "\\xff\\xc0\\x80\\xed\\xa0\\x80\\xe2\\x82");
}
END_TEST

START_TEST(a_long_text_is_cut_at_a_whole_character)
{
	char out[8];

	ck_assert_str_eq(log_visible(out, sizeof out, "abcde\n", 6), "abcde");
	ck_assert_str_eq(log_visible(out, sizeof out, "abcdef\xc3\xa9", 8), "abcdef");
	ck_assert_str_eq(log_visible(out, 1, "abc", 3), "");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log");
	TCase *tc = tcase_create("log");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, control_characters_are_shown);
	tcase_add_test(tc, c1_controls_are_shown_and_other_utf8_is_kept);
	tcase_add_test(tc, invalid_utf8_is_shown_byte_by_byte);
	tcase_add_test(tc, a_long_text_is_cut_at_a_whole_character);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
