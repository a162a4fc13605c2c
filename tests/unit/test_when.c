/* Times as people write them. */
#include <check.h>
#include <stdlib.h>

#include "../../src/cli/when.h"
#include "../../src/lib/clock.h"

#define DAY 1796169600000ULL /* 2026-12-02T00:00:00Z */

static const struct {
	const char *text;
	unsigned long long ms; /* 0: it is no time */
} times[] = {{"2026-12-02", DAY}, {"2026-12-02Z", DAY}, {"2026-12-02T06:30", DAY + 23400000},
    {"2026-12-02 06:30", DAY + 23400000}, {"2026-12-02T06:30Z", DAY + 23400000},
    {"2026-12-02T06:30:15", DAY + 23415000}, {"2026-12-02T06:30:15Z", DAY + 23415000},
    {"2026-12-02T06:30:15.5Z", DAY + 23415500}, {"2026-12-02T06:30:15.123Z", DAY + 23415123},
    {"2026-12-02T06:30:15.123456Z", DAY + 23415123}, {"@1796169600", DAY}, {"2026-12-02T", 0}, {"2026-12-02T06", 0},
    {"2026-13-02", 0}, {"2026-12-02X", 0}, {"2026-12-02T06:30:15.Z", 0}, {"2026-12-02T06:30:15+01:00", 0}, {"", 0},
    {"h", 0}, {"2", 0}, {"2y", 0}, {"2hh", 0}, {"-2h", 0}, {"@", 0}, {"@-1", 0}, {"@1x", 0}, {"1234567890123h", 0},
    {"@1234567890123", 0}, {"yesterday", 0}, {"1960-01-01", 0}};

START_TEST(a_date_is_in_utc)
{
	ck_assert_int_eq(setenv("TZ", "Asia/Tokyo", 1), 0);
	ck_assert_uint_eq(when_of(times[_i].text), times[_i].ms);
}
END_TEST

static const struct {
	const char *text;
	unsigned long long ms;
} ages[] = {{"90s", 90000}, {"15m", 900000}, {"2h", 7200000}, {"3d", 259200000}, {"1w", 604800000}, {"0s", 0}};

START_TEST(an_age_is_so_long_ago)
{
	unsigned long long before = clock_wall_ms(), ms = when_of(ages[_i].text), after = clock_wall_ms();

	ck_assert_uint_ge(ms, before - ages[_i].ms);
	ck_assert_uint_le(ms, after - ages[_i].ms);
}
END_TEST

START_TEST(what_is_older_than_all_times_is_the_first)
{
	ck_assert_uint_eq(when_of("999999999999w"), 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("when");
	TCase *tc = tcase_create("when");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, a_date_is_in_utc, 0, sizeof times / sizeof times[0]);
	tcase_add_loop_test(tc, an_age_is_so_long_ago, 0, sizeof ages / sizeof ages[0]);
	tcase_add_test(tc, what_is_older_than_all_times_is_the_first);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
