/* Bytes as text. */
#include "../../src/lib/text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static size_t
utf8(const char *s)
{
	return text_utf8((const unsigned char *)s, strlen(s));
}

START_TEST(utf8_is_that_of_rfc_3629)
{
	static const char *const bad[] = {"", "\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x9f\xbf",
	    "\xe2\x82", "\xe2\x82(", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf0\x9f\x98",
	    "\xf5\x80\x80\x80", "\xff"};

	ck_assert_uint_eq(utf8("a\xc3\xa4"), 1);
	ck_assert_uint_eq(utf8("\xc3\xa4"), 2);
	ck_assert_uint_eq(utf8("\xed\x9f\xbf"), 3);
	ck_assert_uint_eq(utf8("\xee\x80\x80"), 3);
	ck_assert_uint_eq(utf8("\xf0\x90\x80\x80"), 4);
	ck_assert_uint_eq(utf8("\xf4\x8f\xbf\xbf"), 4);
	ck_assert_uint_eq(text_utf8((const unsigned char *)"", 1), 1);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(utf8(bad[i]) == 0, "case %zu", i);
}
END_TEST

START_TEST(characters_are_counted)
{
	ck_assert_uint_eq(text_characters("", 0), 0);
	ck_assert_uint_eq(text_characters("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 10), 4);
}
END_TEST

START_TEST(a_plain_text_has_no_control_characters)
{
	ck_assert(text_printable("", 0) && text_plain("", 0));
	ck_assert(text_printable(" a~\xc3\xa4", 5) && text_plain(" a~\xc3\xa4", 5));
	ck_assert(text_printable("\xff", 1) && !text_plain("\xff", 1));
	ck_assert(!text_plain("\xc3\xa4\xc3", 3));
	for (int c = 0; c < 256; c++) {
		char text[] = {'a', (char)c};

		ck_assert_int_eq(text_printable(text, 2), c >= ' ' && c != 0x7f);
		ck_assert_int_eq(text_plain(text, 2), c >= ' ' && c < 0x7f);
	}
}
END_TEST

static const char *
visible(const char *bytes, size_t len)
{
	static char out[64];

	return text_visible(out, sizeof out, bytes, len);
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

	ck_assert_str_eq(text_visible(out, sizeof out, "abcde\n", 6), "abcde");
	ck_assert_str_eq(text_visible(out, sizeof out, "abcdef\xc3\xa9", 8), "abcdef");
	ck_assert_str_eq(text_visible(out, 1, "abc", 3), "");
}
END_TEST

START_TEST(hexadecimal_goes_there_and_back)
{
	static const char *const bad[] = {"0", "000", "0g", "g0", "0x00", " 0", "/0", ":0", "@0", "`0"};
	unsigned char bytes[] = {0, 0x1f, 0xa0, 0xff}, out[4];
	char text[9];

	text_hex(text, bytes, sizeof bytes);
	ck_assert_str_eq(text, "001fa0ff");
	ck_assert_int_eq(text_hex_decode(text, 8, out), 0);
	ck_assert_mem_eq(out, bytes, 4);
	ck_assert_int_eq(text_hex_decode("001FA0Ff", 8, out), 0);
	ck_assert_mem_eq(out, bytes, 4);
	text_hex(text, bytes, 0);
	ck_assert_str_eq(text, "");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(text_hex_decode(bad[i], strlen(bad[i]), out) == -1, "\"%s\"", bad[i]);
}
END_TEST

START_TEST(lists_are_the_same_text_by_text)
{
	char one[] = "a", two[] = "b", other[] = "a";
	char *ab[] = {one, two, NULL}, *same[] = {other, two, NULL}, *longer[] = {one, two, one, NULL},
	     *ba[] = {two, one, NULL}, *none[] = {NULL};

	ck_assert(text_same_list(ab, same));
	ck_assert(text_same_list(none, none));
	ck_assert(!text_same_list(ab, longer));
	ck_assert(!text_same_list(longer, ab));
	ck_assert(!text_same_list(ab, ba));
	ck_assert(!text_same_list(ab, none));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("text");
	TCase *tc = tcase_create("text");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, utf8_is_that_of_rfc_3629);
	tcase_add_test(tc, characters_are_counted);
	tcase_add_test(tc, a_plain_text_has_no_control_characters);
	tcase_add_test(tc, control_characters_are_shown);
	tcase_add_test(tc, c1_controls_are_shown_and_other_utf8_is_kept);
	tcase_add_test(tc, invalid_utf8_is_shown_byte_by_byte);
	tcase_add_test(tc, a_long_text_is_cut_at_a_whole_character);
	tcase_add_test(tc, hexadecimal_goes_there_and_back);
	tcase_add_test(tc, lists_are_the_same_text_by_text);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
