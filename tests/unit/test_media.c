/* Media types. */
#include "../../src/lib/media.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(json_has_several_types)
{
	static const char *const good[] = {"application/json", "Application/JSON", "application/json; charset=utf-8",
	    "application/json ;a=b", "application/vnd.api+json", "a/b+JSON\t;c=d"};
	static const char *const bad[] = {"", "application/jsonp", "application/json, text/plain", "text/json", "+json",
	    "application/json-seq", "text/plain; a=+json", "application/x-www-form-urlencoded"};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		ck_assert_msg(media_is_json(good[i], strlen(good[i])), "%s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!media_is_json(bad[i], strlen(bad[i])), "%s", bad[i]);
	ck_assert(!media_is_json("application/json", 15));
}
END_TEST

START_TEST(a_form_has_one_type)
{
	static const char *const bad[] = {
	    "", "multipart/form-data", "application/x-www-form-urlencoded2", "application/json"};
	static const char form[] = "application/x-www-FORM-urlencoded; charset=utf-8";

	ck_assert(media_is_form(form, strlen(form)));
	ck_assert(!media_is_form(form, 32));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!media_is_form(bad[i], strlen(bad[i])), "%s", bad[i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("media");
	TCase *tc = tcase_create("media");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, json_has_several_types);
	tcase_add_test(tc, a_form_has_one_type);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
