/* Durations and sizes. */
#include "../../src/conf/conf_reader.h"

#include <check.h>
#include <stdlib.h>

START_TEST(durations_are_digits_and_a_unit)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} good[] = {{"500ms", 500}, {"30s", 30000}, {"5m", 300000}, {"12h", 43200000}, {"7d", 604800000}, {"0s", 0},
	    {"18446744073709551615ms", UINT64_MAX}};
	static const char *const bad[] = {"", "s", "5", "-5s", "+5s", " 5s", "5 s", "5s ", "1.5s", "5S", "5min", "0x5s",
	    "18446744073709551616ms", "18446744073709552s", "99999999999999999999999s"};
	uint64_t ms;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_int_eq(conf_parse_duration(good[i].text, &ms), 0);
		ck_assert_uint_eq(ms, good[i].ms);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(conf_parse_duration(bad[i], &ms) == -1, "accepted: '%s'", bad[i]);
}
END_TEST

START_TEST(sizes_are_digits_and_perhaps_a_unit)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {{"0", 0}, {"17", 17}, {"64k", 65536}, {"10M", 10485760}, {"1G", 1u << 30},
	    {"18446744073709551615", UINT64_MAX}};
	static const char *const bad[] = {
	    "", "k", "-1", "1K", "1m", "1kB", "1 k", "1.5M", "18446744073709551616", "18014398509481984k"};
	uint64_t bytes;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_int_eq(conf_parse_size(good[i].text, &bytes), 0);
		ck_assert_uint_eq(bytes, good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(conf_parse_size(bad[i], &bytes) == -1, "accepted: '%s'", bad[i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conf_units");
	TCase *tc = tcase_create("conf_units");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, durations_are_digits_and_a_unit);
	tcase_add_test(tc, sizes_are_digits_and_perhaps_a_unit);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
