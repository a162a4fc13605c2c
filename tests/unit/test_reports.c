/* Every run that is owed a report gets it, in order, also when the spooler does not read for a while. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/runner/reports.h"
#include "spooler_end.h"

static char bytes[RUN_OUTPUT_MAX];

static void
send_report(uint64_t token)
{
	reports_owe(means.reports);
	reports_ended(means.reports,
	    &(struct run_report){
		.token = token, .end = RUN_EXITED, .out = bytes, .out_len = sizeof bytes, .err = "", .out_total = 7});
}

START_TEST(what_is_owed_is_counted)
{
	struct run_report report;

	ck_assert_uint_eq(reports_owed(means.reports), 0);
	reports_owe(means.reports);
	reports_owe(means.reports);
	reports_failed(means.reports, 7, ENOEXEC);
	ck_assert_uint_eq(reports_owed(means.reports), 1);
	report = end_report(NULL);
	ck_assert_uint_eq(report.token, 7);
	ck_assert_int_eq(report.end, RUN_FAILED);
	ck_assert_int_eq(report.code, ENOEXEC);
	ck_assert_uint_eq(report.started_ms, report.ended_ms);
	ck_assert_uint_eq(report.out_len + report.err_len, 0);
}
END_TEST

START_TEST(what_the_socket_has_no_room_for_comes_later_in_order)
{
	for (uint64_t token = 1; token <= 200; token++)
		send_report(token);
	for (uint64_t token = 1; token <= 200; token++)
		ck_assert_uint_eq(end_report(NULL).token, token);
	ck_assert_uint_eq(reports_owed(means.reports), 0);
}
END_TEST

START_TEST(no_report_waits_behind_output)
{
	struct run_output output = {.token = 9, .missed = 5, .bytes = bytes, .len = 10};
	struct end_message m;

	ck_assert_uint_eq(reports_output(means.reports, &output), 0);
	ck_assert(end_receive(&m) && m.output.token == 9 && m.output.missed == 5 && m.output.len == 10);
	for (uint64_t token = 1; token <= 200; token++)
		send_report(token);
	ck_assert_uint_eq(reports_output(means.reports, &output), 15); /* not sent: reports wait already */
	for (uint64_t token = 1; token <= 200; token++)
		ck_assert_uint_eq(end_report(NULL).token, token);
	ck_assert(!end_receive(&m));
}
END_TEST

START_TEST(nobody_is_told_after_the_stop)
{
	struct end_message m;

	reports_stop(means.reports);
	send_report(1);
	ck_assert_uint_eq(reports_output(means.reports, &(struct run_output){1, 0, false, bytes, 1}), 0);
	end_turn(NULL);
	ck_assert(!end_receive(&m));
}
END_TEST

START_TEST(who_ends_lets_go_of_what_waits)
{
	for (uint64_t token = 1; token <= 200; token++)
		send_report(token);
	reports_free(means.reports);
	ck_assert_ptr_nonnull(means.reports = reports_new(means.base, 0));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reports");
	TCase *tc = tcase_create("reports");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, end_set_up, end_tear_down);
	tcase_add_test(tc, what_is_owed_is_counted);
	tcase_add_test(tc, what_the_socket_has_no_room_for_comes_later_in_order);
	tcase_add_test(tc, no_report_waits_behind_output);
	tcase_add_test(tc, nobody_is_told_after_the_stop);
	tcase_add_test(tc, who_ends_lets_go_of_what_waits);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
