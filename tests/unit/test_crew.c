/* Which event gets which worker of those that are the same, and how soon the next one is started. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../src/lib/clock.h"
#include "../../src/runner/crew.h"
#include "../../src/runner/keeper.h"
#include "../../src/runner/reports.h"
#include "../../src/runner/task.h"
#include "spooler_end.h"

/* Answers each line with its process id as the message. */
#define ANSWER \
	"n=${l#*:}; n=${n%%,*}; echo \"{\\\"number\\\":$n,\\\"result\\\":\\\"done\\\",\\\"message\\\":\\\"$$\\\"}\"; "
#define GOOD "while read -r l; do " ANSWER "done"

static struct crew *crew;

static void
on_reaped(pid_t pid, int status)
{
	crew_reaped(crew, pid, status);
}

static void
set_up(void)
{
	end_set_up();
	crew = crew_new(&means, "/bin/sh");
	ck_assert_ptr_nonnull(crew);
}

static void
tear_down(void)
{
	crew_stop(crew);
	while (crew_any(crew))
		end_turn(on_reaped);
	crew_free(crew);
	end_tear_down();
}

static void
run(const char *script, uint64_t number)
{
	static unsigned char message[RUN_MESSAGE_MAX];
	size_t len = run_encode_start(end_run(script, number), message);

	reports_owe(means.reports);
	crew_add(crew, task_new(message, len, end_body("{}", 2), means.terms->accounts));
}

START_TEST(an_idle_worker_gets_the_next_event)
{
	int first, second;

	ck_assert(!crew_any(crew));
	run(GOOD, 1);
	first = end_answered(on_reaped);
	run(GOOD, 2);
	second = end_answered(on_reaped);
	ck_assert_int_gt(first, 1);
	ck_assert_int_eq(first, second);
	ck_assert(crew_any(crew));
	ck_assert_uint_eq(reports_owed(means.reports), 0);
}
END_TEST

START_TEST(it_is_unused_when_nobody_is_left)
{
	ck_assert(crew_is_unused(crew));
	run("read -r l; " ANSWER "exit 0", 1);
	ck_assert(!crew_is_unused(crew) && crew_any(crew));
	end_answered(on_reaped);
	while (crew_any(crew))
		end_turn(on_reaped);
	ck_assert(crew_is_unused(crew));
}
END_TEST

START_TEST(two_events_at_a_time_have_two_workers)
{
	int first, second;

	run(GOOD, 1);
	run(GOOD, 2);
	first = end_answered(on_reaped);
	second = end_answered(on_reaped);
	ck_assert_int_ne(first, second);
}
END_TEST

START_TEST(the_worker_that_was_idle_last_is_first)
{
	int last;

	run(GOOD, 1);
	run(GOOD, 2);
	end_answered(on_reaped);
	last = end_answered(on_reaped);
	run(GOOD, 3);
	ck_assert_int_eq(end_answered(on_reaped), last);
}
END_TEST

START_TEST(a_broken_worker_makes_the_next_event_wait)
{
	static const char script[] =
	    "read -r l; case $l in *:1,*) echo hello;; esac; " ANSWER "while read -r l; do " ANSWER "done";
	struct run_report report;
	uint64_t since;

	run(script, 1);
	report = end_report(on_reaped);
	ck_assert_int_eq(report.end, RUN_NONSENSE);
	since = clock_monotonic_ms();
	run(script, 2);
	end_answered(on_reaped);
	ck_assert_uint_ge(clock_monotonic_ms() + 20, since + 100); /* the report came a moment before the pause began */
}
END_TEST

START_TEST(an_event_that_its_worker_has_not_begun_goes_to_another)
{
	static const char script[] = "read -r l; " ANSWER "sleep 0.2; exit 0";
	int first;

	run(script, 1);
	first = end_answered(on_reaped);
	run(script, 2); /* to who is about to leave */
	ck_assert_int_ne(end_answered(on_reaped), first);
}
END_TEST

START_TEST(those_that_waited_for_a_broken_one_need_no_second_worker)
{
	static const char script[] =
	    "read -r l; case $l in *:1,*) echo hello;; esac; " ANSWER "while read -r l; do " ANSWER "done";
	int first;

	run(script, 1);
	ck_assert_int_eq(end_report(on_reaped).end, RUN_NONSENSE);
	while (crew_any(crew)) /* its pause has begun */
		end_turn(on_reaped);
	run(script, 2);
	run(script, 3);
	ck_assert(!crew_any(crew));
	first = end_answered(on_reaped);
	ck_assert_int_eq(end_answered(on_reaped), first);
}
END_TEST

START_TEST(what_can_not_be_started_is_told)
{
	int body = end_body("{}", 2);
	struct rlimit few = {(rlim_t)body + 1, (rlim_t)body + 1}, before;
	struct run_report report;

	close(body);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	few.rlim_max = before.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	run(GOOD, 1);
	report = end_report(on_reaped);
	ck_assert(report.token == 1 && report.end == RUN_FAILED && report.code == EMFILE);
	ck_assert(!crew_any(crew) && crew_is_unused(crew));
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	run(GOOD, 2);
	end_answered(on_reaped);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_told_of)
{
	static unsigned char message[RUN_MESSAGE_MAX];
	struct run_start *none = end_run("", 1);
	struct run_report report;

	none->arguments[0] = (char *)(uintptr_t) "/nonexistent/worker";
	reports_owe(means.reports);
	crew_add(crew, task_new(message, run_encode_start(none, message), end_body("{}", 2), means.terms->accounts));
	report = end_report(on_reaped);
	ck_assert(report.token == 1 && report.end == RUN_FAILED && report.code == ENOENT);
}
END_TEST

START_TEST(who_ends_lets_go_of_its_workers_and_what_waits)
{
	run(GOOD, 1);
	end_answered(on_reaped);
	run("read -r l; echo hello", 2);
	run("read -r l; echo hello", 3);
	while (end_report(on_reaped).token != 2)
		continue;
	crew_free(crew);
	ck_assert_ptr_nonnull(crew = crew_new(&means, "/bin/sh"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("crew");
	TCase *tc = tcase_create("crew");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, an_idle_worker_gets_the_next_event);
	tcase_add_test(tc, it_is_unused_when_nobody_is_left);
	tcase_add_test(tc, two_events_at_a_time_have_two_workers);
	tcase_add_test(tc, the_worker_that_was_idle_last_is_first);
	tcase_add_test(tc, a_broken_worker_makes_the_next_event_wait);
	tcase_add_test(tc, an_event_that_its_worker_has_not_begun_goes_to_another);
	tcase_add_test(tc, those_that_waited_for_a_broken_one_need_no_second_worker);
	tcase_add_test(tc, what_can_not_be_started_is_told);
	tcase_add_test(tc, a_program_that_is_not_there_is_told_of);
	tcase_add_test(tc, who_ends_lets_go_of_its_workers_and_what_waits);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
