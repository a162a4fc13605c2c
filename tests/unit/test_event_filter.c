/* Which events an operator means. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/protocol/event.h"
#include "../../src/spooler/event_filter.h"

/* Texts are not terminated: more follows each. */
static struct event event = {.secret = 2,
    .text = {[EVENT_SOURCE] = "shop, and more", [EVENT_TYPE] = "order.paid, and more"},
    .len = {[EVENT_SOURCE] = 4, [EVENT_TYPE] = 10}};

static bool
fits(const char *source, const char *type, uint64_t secret)
{
	return event_filter_fits(&(struct event_filter){source, type, secret}, &event);
}

START_TEST(nothing_asked_for_fits_all)
{
	ck_assert(fits(NULL, NULL, 0));
}
END_TEST

START_TEST(a_source_is_a_whole_name)
{
	ck_assert(fits("shop", NULL, 0));
	ck_assert(!fits("sho", NULL, 0));
	ck_assert(!fits("shop,", NULL, 0));
	ck_assert(!fits("", NULL, 0));
}
END_TEST

START_TEST(a_type_is_a_glob)
{
	ck_assert(fits(NULL, "order.*", 0));
	ck_assert(fits(NULL, "order.paid", 0));
	ck_assert(!fits(NULL, "order", 0));
	ck_assert(!fits(NULL, "*, and more", 0));
}
END_TEST

START_TEST(a_secret_is_its_place)
{
	ck_assert(fits(NULL, NULL, 2));
	ck_assert(!fits(NULL, NULL, 1));
}
END_TEST

START_TEST(all_that_is_asked_for_must_fit)
{
	ck_assert(fits("shop", "*", 2));
	ck_assert(!fits("shop", "*", 1));
	ck_assert(!fits("shop", "refund", 2));
	ck_assert(!fits("other", "*", 2));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("event_filter");
	TCase *filter = tcase_create("filter");
	SRunner *runner;
	int failed;

	tcase_add_test(filter, nothing_asked_for_fits_all);
	tcase_add_test(filter, a_source_is_a_whole_name);
	tcase_add_test(filter, a_type_is_a_glob);
	tcase_add_test(filter, a_secret_is_its_place);
	tcase_add_test(filter, all_that_is_asked_for_must_fit);
	suite_add_tcase(suite, filter);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
