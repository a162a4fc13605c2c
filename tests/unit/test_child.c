/* Runs of real programs, a process each. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/runner/child.h"
#include "spooler_end.h"

static struct child_owner children;
static unsigned gone;

static void
on_gone(void *context)
{
	ck_assert_ptr_eq(context, &children);
	gone++;
}

static void
on_reaped(pid_t pid, int status)
{
	keepers_reaped(means.keepers, pid, status);
}

static void
start(const struct run_start *run, const char *body)
{
	int fd = end_body(body, strlen(body));

	children = (struct child_owner){children.first, &children, on_gone};
	ck_assert_int_eq(child_start(&children, &means, run, fd), 0);
	ck_assert_ptr_nonnull(children.first);
	close(fd);
}

/* Turn until N bytes have come on standard output. */
static void
wait_for_output(uint64_t n)
{
	while (children.first->out.kept.total < n)
		end_turn(NULL);
}

START_TEST(how_it_ended_and_what_it_printed_is_reported)
{
	struct run_report report;

	start(end_run("cat; echo trouble >&2; exit 3", 7), "the body");
	report = end_report(on_reaped);
	ck_assert_uint_eq(report.token, 7);
	ck_assert_int_eq(report.end, RUN_EXITED);
	ck_assert_int_eq(report.code, 3);
	ck_assert(report.out_len == 8 && end_has(report.out, report.out_len, "the body"));
	ck_assert(report.err_len == 8 && end_has(report.err, report.err_len, "trouble\n"));
	ck_assert(report.started_ms != 0 && report.ended_ms >= report.started_ms);
	ck_assert_ptr_null(children.first);
	ck_assert_uint_eq(gone, 1);
}
END_TEST

START_TEST(a_signal_ends_it)
{
	struct run_report report;

	start(end_run("kill -9 $$", 7), "");
	report = end_report(on_reaped);
	ck_assert_int_eq(report.end, RUN_SIGNALED);
	ck_assert_int_eq(report.code, SIGKILL);
}
END_TEST

START_TEST(its_time_is_bounded)
{
	struct run_start *run = end_run("exec sleep 60", 7);
	struct run_report report;

	run->timeout_ms = 50;
	start(run, "");
	report = end_report(on_reaped);
	ck_assert_int_eq(report.end, RUN_TIMEOUT);
	ck_assert_int_eq(report.code, SIGTERM);
}
END_TEST

START_TEST(it_is_ended_when_the_runner_wants_that)
{
	struct run_report report;

	start(end_run("echo begun; exec sleep 60", 7), "");
	wait_for_output(6);
	child_kill(children.first);
	report = end_report(on_reaped);
	ck_assert_int_eq(report.end, RUN_SIGNALED);
	ck_assert_int_eq(report.code, SIGTERM);
	ck_assert(end_has(report.out, report.out_len, "begun"));
}
END_TEST

START_TEST(a_program_that_is_not_there_fails_with_words)
{
	struct run_start *run = end_run("", 7);
	struct run_report report;

	run->arguments[0] = (char *)(uintptr_t) "/nonexistent/hook";
	start(run, "");
	report = end_report(on_reaped);
	ck_assert_int_eq(report.end, RUN_FAILED);
	ck_assert_int_eq(report.code, ENOENT);
	ck_assert(end_has(report.err, report.err_len, "hookspool: can't run '/nonexistent/hook'"));
}
END_TEST

START_TEST(a_killed_keeper_leaves_nobody_behind)
{
	struct run_report report;
	pid_t group;

	start(end_run("sleep 60 & echo begun; wait", 7), "");
	wait_for_output(6);
	group = kept_hook(children.first->kept);
	ck_assert_int_gt(group, 1);
	kill(kept_keeper(children.first->kept), SIGKILL);
	report = end_report(on_reaped);
	ck_assert_int_eq(report.end, RUN_SIGNALED);
	ck_assert_int_eq(report.code, SIGKILL);
	ck_assert(end_has(report.out, report.out_len, "begun"));
	while (kill(-group, 0) == 0) /* until all of it is reaped */
		end_turn(on_reaped);
	ck_assert_int_eq(errno, ESRCH);
}
END_TEST

START_TEST(who_follows_sees_both_outputs_from_their_beginning)
{
	struct end_message m;
	uint64_t told = 0;

	start(end_run("trap 'echo more; exit 0' USR1; echo trouble >&2; echo begun; while :; do sleep 0.01; done", 7),
	    "");
	while (children.first->out.kept.total < 6 || children.first->err.kept.total < 8)
		end_turn(NULL);
	child_follow(children.first);
	child_follow(children.first); /* tells nothing twice */
	ck_assert(end_receive(&m) && !m.output.is_error && end_has(m.output.bytes, m.output.len, "begun\n"));
	ck_assert(end_receive(&m) && m.output.is_error && end_has(m.output.bytes, m.output.len, "trouble\n"));
	ck_assert(!end_receive(&m));
	kill(kept_hook(children.first->kept), SIGUSR1);
	while (told == 0) {
		end_turn(on_reaped);
		if (end_receive(&m))
			told = m.output.len;
	}
	ck_assert(m.output.token == 7 && told == 5 && end_has(m.output.bytes, m.output.len, "more\n"));
	if (children.first != NULL)
		end_report(on_reaped);
}
END_TEST

START_TEST(what_followers_have_missed_at_the_end_is_in_its_report)
{
	struct end_message m;
	uint64_t told = 0;

	start(end_run("read -r go; head -c 2000000 /dev/zero", 7), "go\n");
	child_follow(children.first);
	while (children.first != NULL) /* the spooler reads nothing, and its socket is soon full */
		end_turn(on_reaped);
	do {
		while (!end_receive(&m))
			end_turn(NULL);
		told += m.output.missed + m.output.len;
	} while (m.report.token == 0);
	ck_assert_uint_gt(m.report.missed, 0);
	ck_assert_uint_eq(told + m.report.missed, m.report.out_total);
}
END_TEST

START_TEST(one_after_another_has_the_same_keeper_and_its_own_output)
{
	struct run_report report;
	pid_t keeper;

	start(end_run("cat; echo first", 7), "one ");
	keeper = kept_keeper(children.first->kept);
	report = end_report(on_reaped);
	ck_assert(report.token == 7 && report.out_len == 10 && end_has(report.out, report.out_len, "one first\n"));
	start(end_run("cat; echo second >&2", 8), "two");
	ck_assert_int_eq(kept_keeper(children.first->kept), keeper);
	report = end_report(on_reaped);
	ck_assert(report.token == 8 && report.out_len == 3 && end_has(report.out, report.out_len, "two"));
	ck_assert(report.err_len == 7 && end_has(report.err, report.err_len, "second\n"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("child");
	TCase *tc = tcase_create("child");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, end_set_up, end_tear_down);
	tcase_add_test(tc, how_it_ended_and_what_it_printed_is_reported);
	tcase_add_test(tc, a_signal_ends_it);
	tcase_add_test(tc, its_time_is_bounded);
	tcase_add_test(tc, it_is_ended_when_the_runner_wants_that);
	tcase_add_test(tc, a_program_that_is_not_there_fails_with_words);
	tcase_add_test(tc, a_killed_keeper_leaves_nobody_behind);
	tcase_add_test(tc, who_follows_sees_both_outputs_from_their_beginning);
	tcase_add_test(tc, what_followers_have_missed_at_the_end_is_in_its_report);
	tcase_add_test(tc, one_after_another_has_the_same_keeper_and_its_own_output);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
