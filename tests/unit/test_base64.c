/* Base64. */
#include "../../src/lib/base64.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(base64_is_canonical)
{
	/* RFC 4648, section 10. */
	static const char *const good[][2] = {{"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"Zm9vYg==", "foob"},
	    {"Zm9vYmE=", "fooba"}, {"Zm9vYmFy", "foobar"}};
	static const char *const bad[] = {"", "=", "====", "Zg=", "Zg", "Zh==", "Zm9=", "Zm9v\n", " Zm9v",
	    "Zm9v====", "Zm-_", "Z===", "Zg==Zg==", "Zm9vYmFyYmF6"};
	unsigned char out[6];
	char text[16];

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		size_t len = strlen(good[i][1]);

		ck_assert_int_eq(base64_decode(good[i][0], strlen(good[i][0]), out, sizeof out), len);
		ck_assert_mem_eq(out, good[i][1], len);
		base64_encode(text, out, len);
		ck_assert_str_eq(text, good[i][0]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(base64_decode(bad[i], strlen(bad[i]), out, sizeof out) == -1, "\"%s\"", bad[i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("base64");
	TCase *tc = tcase_create("base64");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, base64_is_canonical);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
