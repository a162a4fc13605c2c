/* Real workers: what they are given, what becomes of the event in hand, and how they are ended. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/protocol/fault.h"
#include "../../src/runner/keeper.h"
#include "../../src/runner/worker.h"
#include "spooler_end.h"

/* Answers each line with its process id as the message. */
#define ANSWER \
	"n=${l#*:}; n=${n%%,*}; echo \"{\\\"number\\\":$n,\\\"result\\\":\\\"done\\\",\\\"message\\\":\\\"$$\\\"}\"; "
#define GOOD "while read -r l; do " ANSWER "done"

static struct worker *worker;
static struct task *returned;
static bool ended, broken;
static unsigned done;
static struct run_report last;
static char said[64]; /* the last message */

static void
on_done(void *context, struct worker *w, struct task *task, const struct run_report *report)
{
	(void)context;
	ck_assert_ptr_eq(w, worker);
	ck_assert_uint_eq(report->token, task->run.token);
	snprintf(said, sizeof said, "%.*s", (int)report->out_len, report->out);
	last = *report;
	done++;
	task_free(task);
}

static void
on_reaped(pid_t pid, int status)
{
	if (ended || pid != worker_keeper(worker))
		return;
	returned = worker_ended(worker, status, &broken);
	ended = true;
}

static struct worker_owner owner = {&means, NULL, on_done};

static void
start(const struct run_start *run)
{
	worker = worker_start(&owner, run);
	ck_assert_ptr_nonnull(worker);
}

static void
give(const struct run_start *run, const char *body, size_t len)
{
	static unsigned char message[RUN_MESSAGE_MAX];
	struct task *task =
	    task_new(message, run_encode_start(run, message), end_body(body, len), means.terms->accounts);

	ck_assert_ptr_nonnull(task);
	worker_give(worker, task);
}

static void
start_with_event(const struct run_start *run)
{
	start(run);
	give(run, "{}", 2);
}

static void
wait_for_done(unsigned n)
{
	while (done < n)
		end_turn(on_reaped);
}

static void
wait_for_end(void)
{
	while (!ended)
		end_turn(on_reaped);
}

/* The worker broke with FAULT and its one event in hand. */
static void
check_fault(enum fault fault)
{
	wait_for_end();
	ck_assert_uint_eq(done, 1);
	ck_assert_int_eq(last.end, RUN_NONSENSE);
	ck_assert_int_eq(last.code, (int)fault);
	ck_assert(broken);
	ck_assert_ptr_null(returned);
}

START_TEST(one_process_answers_one_event_after_another)
{
	char first[sizeof said];

	start_with_event(end_run(GOOD, 1));
	ck_assert(!worker_is_idle(worker));
	wait_for_done(1);
	ck_assert_int_eq(last.end, RUN_ANSWERED);
	ck_assert_int_eq(last.code, 0);
	ck_assert(worker_is_idle(worker));
	strcpy(first, said);
	give(end_run(GOOD, 2), "{}", 2);
	wait_for_done(2);
	ck_assert_uint_eq(last.token, 2);
	ck_assert_str_eq(said, first);
	worker_dismiss(worker); /* its input ends */
	ck_assert(!worker_is_idle(worker));
	wait_for_end();
	ck_assert(!broken);
	ck_assert_ptr_null(returned);
}
END_TEST

START_TEST(who_is_idle_for_too_long_leaves)
{
	struct run_start *run = end_run(GOOD, 1);

	run->idle_ms = 20;
	start_with_event(run);
	wait_for_end();
	ck_assert_uint_eq(done, 1);
	ck_assert_int_eq(last.end, RUN_ANSWERED);
	ck_assert(!broken);
}
END_TEST

START_TEST(who_does_not_leave_is_ended_and_not_to_blame)
{
	struct run_start *run = end_run("read -r l; " ANSWER "exec sleep 60", 1);

	run->grace_ms = 20;
	start_with_event(run);
	wait_for_done(1);
	worker_dismiss(worker);
	wait_for_end();
	ck_assert(!broken);
}
END_TEST

START_TEST(no_answer_in_time_is_a_timeout)
{
	struct run_start *run = end_run("read -r l; exec sleep 60", 1);

	run->timeout_ms = 50;
	start_with_event(run);
	wait_for_end();
	ck_assert_int_eq(last.end, RUN_TIMEOUT);
	ck_assert_int_eq(last.code, SIGTERM);
	ck_assert(broken);
}
END_TEST

START_TEST(a_keeper_that_is_stopped_is_killed_with_it)
{
	struct run_start *run = end_run("read -r l; kill -STOP $PPID; exec sleep 60", 1);
	struct keeper_terms terms = *means.terms;

	terms.patience_ms = 50;
	means.terms = &terms;
	run->timeout_ms = 200;
	run->grace_ms = 50;
	start_with_event(run);
	wait_for_end();
	ck_assert(broken && done == 1 && last.end == RUN_TIMEOUT);
}
END_TEST

START_TEST(an_answer_before_the_line_was_read_is_none)
{
	static char body[1 << 20]; /* larger than any pipe */
	const struct run_start *run = end_run("echo '{\"number\":1,\"result\":\"done\"}'; exec sleep 60", 1);

	memset(body, 'x', sizeof body);
	start(run);
	give(run, body, sizeof body);
	check_fault(FAULT_EARLY);
}
END_TEST

START_TEST(nonsense_ends_it)
{
	start_with_event(end_run("read -r l; echo hello; exec sleep 60", 1));
	check_fault(FAULT_NOT_JSON);
	ck_assert_str_eq(said, "hello");
}
END_TEST

START_TEST(an_endless_line_ends_it)
{
	start_with_event(end_run("read -r l; yes | tr -d '\\n'", 1));
	check_fault(FAULT_LONG);
}
END_TEST

START_TEST(a_closed_output_ends_it)
{
	start_with_event(end_run("read -r l; exec >&-; exec sleep 60", 1));
	check_fault(FAULT_CLOSED);
}
END_TEST

START_TEST(a_second_answer_ends_it_but_the_first_counts)
{
	start_with_event(end_run("read -r l; a=$(" ANSWER "); echo \"$a\n$a\"; exec sleep 60", 1));
	wait_for_end();
	ck_assert_uint_eq(done, 1);
	ck_assert_int_eq(last.end, RUN_ANSWERED);
	ck_assert(broken);
}
END_TEST

START_TEST(a_line_between_events_ends_it)
{
	start_with_event(end_run("read -r l; " ANSWER "sleep 0.1; echo hello; exec sleep 60", 1));
	wait_for_end();
	ck_assert_uint_eq(done, 1);
	ck_assert_int_eq(last.end, RUN_ANSWERED);
	ck_assert(broken);
}
END_TEST

START_TEST(who_leaves_with_an_event_in_hand_has_quit)
{
	start_with_event(end_run("read -r l; exit 0", 1));
	wait_for_end();
	ck_assert_int_eq(last.end, RUN_QUIT);
	ck_assert_int_eq(last.code, 0);
	ck_assert(broken);
}
END_TEST

START_TEST(an_event_that_was_not_begun_comes_back)
{
	const char *script = "read -r l; " ANSWER "sleep 0.2; exit 0";

	start_with_event(end_run(script, 1));
	wait_for_done(1);
	give(end_run(script, 2), "{}", 2);
	wait_for_end();
	ck_assert_uint_eq(done, 1);
	ck_assert_ptr_nonnull(returned);
	ck_assert_uint_eq(returned->run.token, 2);
	ck_assert(!broken);
	task_free(returned);
}
END_TEST

/* Until it has written to its standard error. */
static void
wait_until_begun(void)
{
	struct end_message m;

	worker_follow(worker, 1);
	do
		end_turn(on_reaped);
	while (!end_receive(&m) || m.output.len == 0);
}

START_TEST(a_killed_one_reports_its_event)
{
	start_with_event(end_run("read -r l; echo begun >&2; exec sleep 60", 1));
	wait_until_begun();
	worker_kill(worker);
	worker_kill(worker); /* changes nothing */
	wait_for_end();
	ck_assert_uint_eq(done, 1);
	ck_assert_int_eq(last.end, RUN_SIGNALED);
	ck_assert_int_eq(last.code, SIGTERM);
}
END_TEST

START_TEST(who_follows_is_told_its_standard_error)
{
	struct end_message m;

	start_with_event(end_run("read -r l; echo trouble >&2; exec sleep 60", 1));
	worker_follow(worker, 2); /* another's */
	worker_follow(worker, 1);
	do
		end_turn(on_reaped);
	while (!end_receive(&m) || m.output.len == 0);
	ck_assert(m.output.token == 1 && m.output.is_error && end_has(m.output.bytes, m.output.len, "trouble\n"));
	worker_kill(worker);
	wait_for_end();
}
END_TEST

START_TEST(a_replaced_program_is_seen)
{
	start_with_event(end_run(GOOD, 1));
	wait_for_done(1);
	ck_assert(worker_is_current(worker, "/bin/sh"));
	ck_assert(!worker_is_current(worker, "/dev/null"));
	ck_assert(worker_is_current(worker, "/nonexistent/program")); /* who can't see it goes on with what is there */
	worker_kill(worker);
	wait_for_end();
}
END_TEST

START_TEST(what_a_dismissed_one_says_last_is_not_listened_to)
{
	start_with_event(end_run("read -r l; " ANSWER "read -r l; echo bye; echo bye; exit 0", 1));
	while (done < 1)
		end_turn(on_reaped);
	worker_dismiss(worker);
	wait_for_end();
	ck_assert_uint_eq(done, 1);
	ck_assert(!broken);
}
END_TEST

START_TEST(an_event_that_can_not_be_read_fails_and_the_worker_stays)
{
	static unsigned char message[RUN_MESSAGE_MAX];

	start_with_event(end_run(GOOD, 1));
	while (done < 1)
		end_turn(on_reaped);
	worker_give(worker,
	    task_new(message, run_encode_start(end_run(GOOD, 2), message), open("/", O_RDONLY | O_CLOEXEC),
		means.terms->accounts));
	ck_assert_uint_eq(done, 2);
	ck_assert(last.token == 2 && last.end == RUN_FAILED && last.code == ENODEV);
	ck_assert(worker_is_idle(worker));
	give(end_run(GOOD, 3), "{}", 2);
	while (done < 3)
		end_turn(on_reaped);
	ck_assert(last.token == 3 && last.end == RUN_ANSWERED);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("worker");
	TCase *tc = tcase_create("worker");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, end_set_up, end_tear_down);
	tcase_add_test(tc, one_process_answers_one_event_after_another);
	tcase_add_test(tc, who_is_idle_for_too_long_leaves);
	tcase_add_test(tc, who_does_not_leave_is_ended_and_not_to_blame);
	tcase_add_test(tc, no_answer_in_time_is_a_timeout);
	tcase_add_test(tc, a_keeper_that_is_stopped_is_killed_with_it);
	tcase_add_test(tc, an_answer_before_the_line_was_read_is_none);
	tcase_add_test(tc, nonsense_ends_it);
	tcase_add_test(tc, an_endless_line_ends_it);
	tcase_add_test(tc, a_closed_output_ends_it);
	tcase_add_test(tc, a_second_answer_ends_it_but_the_first_counts);
	tcase_add_test(tc, a_line_between_events_ends_it);
	tcase_add_test(tc, who_leaves_with_an_event_in_hand_has_quit);
	tcase_add_test(tc, an_event_that_was_not_begun_comes_back);
	tcase_add_test(tc, a_killed_one_reports_its_event);
	tcase_add_test(tc, who_follows_is_told_its_standard_error);
	tcase_add_test(tc, a_replaced_program_is_seen);
	tcase_add_test(tc, what_a_dismissed_one_says_last_is_not_listened_to);
	tcase_add_test(tc, an_event_that_can_not_be_read_fails_and_the_worker_stays);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
