/* SHA-256. */
#include "../../src/lib/digest.h"

#include <check.h>
#include <stdlib.h>

START_TEST(the_digest_is_that_of_fips_180_4)
{
	char text[DIGEST_TEXT_SIZE];

	ck_assert_int_eq(digest_text(text, "abc", 3), 0);
	ck_assert_str_eq(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	ck_assert_int_eq(digest_text(text, "", 0), 0);
	ck_assert_str_eq(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

START_TEST(its_bytes_are_those_of_the_text)
{
	static const unsigned char first[] = {0xba, 0x78, 0x16, 0xbf}, last[] = {0xf2, 0x00, 0x15, 0xad};
	unsigned char bytes[DIGEST_SIZE];

	ck_assert_int_eq(digest_bytes(bytes, "abc", 3), 0);
	ck_assert_mem_eq(bytes, first, sizeof first);
	ck_assert_mem_eq(bytes + DIGEST_SIZE - sizeof last, last, sizeof last);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("digest");
	TCase *tc = tcase_create("digest");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, the_digest_is_that_of_fips_180_4);
	tcase_add_test(tc, its_bytes_are_those_of_the_text);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
