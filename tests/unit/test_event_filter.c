/* Which events an operator means. */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/protocol/event.h"
#include "../../src/protocol/run.h"
#include "../../src/spooler/event_filter.h"

/* Texts are not terminated: more follows each. */
static struct event event = {.secret = 2,
    .text = {[EVENT_SOURCE] = "shop, and more",
	[EVENT_TYPE] = "order.paid, and more",
	[EVENT_ID] = "cust 7, and more",
	[EVENT_LANE] = "cust, and more"},
    .len = {[EVENT_SOURCE] = 4, [EVENT_TYPE] = 10, [EVENT_ID] = 6, [EVENT_LANE] = 4}};

static bool
fits(const char *source, const char *type, uint64_t secret)
{
	return event_filter_fits(&(struct event_filter){.source = source, .type = type, .secret = secret}, &event);
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

START_TEST(an_id_and_a_lane_are_whole_texts)
{
	ck_assert(event_filter_fits(&(struct event_filter){.id = "cust 7", .lane = "cust"}, &event));
	ck_assert(!event_filter_fits(&(struct event_filter){.id = "cust"}, &event));
	ck_assert(!event_filter_fits(&(struct event_filter){.id = "cust 7,"}, &event));
	ck_assert(!event_filter_fits(&(struct event_filter){.lane = ""}, &event));
}
END_TEST

static const struct {
	const char *words;
	int result, end;
	bool any_code;
	long code;
} failures[] = {{"exited", 0, RUN_EXITED, true, 0}, {"exited:0", 0, RUN_EXITED, false, 0},
    {"signal:9", 0, RUN_SIGNALED, false, 9}, {"timeout", 0, RUN_TIMEOUT, true, 0},
    {"failed:2", 0, RUN_FAILED, false, 2}, {"answered:100", 0, RUN_ANSWERED, false, 100},
    {"quit", 0, RUN_QUIT, true, 0}, {"nonsense", 0, RUN_NONSENSE, true, 0}, {"", -1, 0, true, 0},
    {"exit", -1, 0, true, 0}, {"exitedx", -1, 0, true, 0}, {"exited:", -1, RUN_EXITED, false, 0},
    {"exited:1x", -1, RUN_EXITED, false, 1}, {"exited: 1", -1, RUN_EXITED, false, 1},
    {"exited:-1", -1, RUN_EXITED, false, -1}, {"exited:99999999999999999999", -1, RUN_EXITED, false, 0},
    {":1", -1, 0, true, 0}, {"output", -1, 0, true, 0}};

START_TEST(a_failure_is_a_result_with_or_without_its_code)
{
	struct event_failure f;

	ck_assert_int_eq(event_filter_failure(&f, failures[_i].words), failures[_i].result);
	if (failures[_i].result != 0)
		return;
	ck_assert_int_eq(f.end, failures[_i].end);
	ck_assert_int_eq(f.any_code, failures[_i].any_code);
	ck_assert(f.any_code || f.code == failures[_i].code);
	ck_assert_ptr_null(f.output);
}
END_TEST

START_TEST(a_failure_is_a_text_in_the_output)
{
	struct event_failure f;

	ck_assert_int_eq(event_filter_failure(&f, "output:no: such table"), 0);
	ck_assert_str_eq(f.output, "no: such table");
	ck_assert_int_eq(f.end, 0);
	ck_assert_int_eq(event_filter_failure(&f, "output:"), 0);
	ck_assert_str_eq(f.output, "");
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
	tcase_add_test(filter, an_id_and_a_lane_are_whole_texts);
	tcase_add_loop_test(
	    filter, a_failure_is_a_result_with_or_without_its_code, 0, sizeof failures / sizeof failures[0]);
	tcase_add_test(filter, a_failure_is_a_text_in_the_output);
	suite_add_tcase(suite, filter);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
