/* Whatever a hook does, its keeper ends it in time, with all that it has started. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/runner/keeper.h"
#include "spooler_end.h"

static struct accounts table;
static struct keeper_terms terms = {&table, -1, 60000, 60000};
static struct keeper keeper;
static struct keeper_note ended;
static int out; /* of the hook */

static void
set_up(void)
{
	end_set_up();
	table = *means.terms->accounts;
	terms.lock = -1;
}

/* A keeper for one run, or, if there is one already, that one. */
static void
start(const struct run_start *run)
{
	int body = end_body("the body", 8), ends[2];
	struct hook_files files;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	out = ends[0];
	files = (struct hook_files){body, ends[1], ends[1]};
	if (keeper.pid != 0)
		ck_assert_int_eq(keeper_give(&keeper, run, &files), 0);
	else
		ck_assert_int_eq(keeper_start(&terms, run, &files, &keeper), 0);
	close(body);
	close(ends[1]);
}

static void
wait_for_note(void)
{
	struct pollfd wait = {.fd = keeper.socket, .events = POLLIN};

	ck_assert_int_eq(poll(&wait, 1, -1), 1);
	ck_assert_int_eq(keeper_read(&keeper, &ended), 1);
}

static void
wait_for_end(void)
{
	int status;

	ck_assert_int_eq(waitpid(keeper.pid, &status, 0), keeper.pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Its note, and its end. */
static void
conclude(void)
{
	wait_for_note();
	wait_for_end();
	ck_assert_int_eq(keeper_hook(&keeper), 0);
	keeper_close(&keeper);
}

/* A process id that is printed on a line. */
static pid_t
printed_pid(void)
{
	char line[32] = "";

	for (size_t n = 0; n < sizeof line - 1 && strchr(line, '\n') == NULL; n++)
		ck_assert_int_eq(read(out, line + n, 1), 1);
	ck_assert_int_gt(atoi(line), 1);
	return atoi(line);
}

START_TEST(it_tells_how_its_hook_has_ended)
{
	char bytes[16];

	start(end_run("cat; exit 100", 1));
	conclude();
	ck_assert(ended.alone);
	ck_assert_int_eq(ended.end, RUN_EXITED);
	ck_assert_int_eq(ended.code, 100);
	ck_assert(ended.started_ms != 0 && ended.ended_ms >= ended.started_ms);
	ck_assert_int_eq(read(out, bytes, sizeof bytes), 8);
	ck_assert_mem_eq(bytes, "the body", 8);
}
END_TEST

START_TEST(who_ignores_term_is_killed)
{
	struct run_start *run = end_run("trap '' TERM; while :; do sleep 0.01; done", 1);

	run->timeout_ms = 50;
	run->grace_ms = 50;
	start(run);
	conclude();
	ck_assert_int_eq(ended.end, RUN_TIMEOUT);
	ck_assert_int_eq(ended.code, SIGKILL);
}
END_TEST

START_TEST(it_ends_its_hook_when_it_is_told_to)
{
	start(end_run("echo $$; exec sleep 60", 1));
	ck_assert_int_eq(printed_pid(), keeper_hook(&keeper));
	kill(keeper.pid, SIGTERM);
	conclude();
	ck_assert_int_eq(ended.end, RUN_SIGNALED);
	ck_assert_int_eq(ended.code, SIGTERM);
}
END_TEST

START_TEST(what_a_hook_leaves_behind_ends_with_it)
{
	pid_t left;

	start(end_run("setsid sh -c 'echo $$; exec sleep 60' & sleep 0.2", 1));
	left = printed_pid();
	conclude();
	ck_assert_int_eq(ended.end, RUN_EXITED);
	ck_assert_int_eq(kill(left, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
}
END_TEST

START_TEST(orphans_stay_where_the_run_says_so)
{
	struct run_start *run = end_run("setsid sh -c 'echo $$; exec sleep 60' & sleep 0.2", 1);
	pid_t left;

	run->keep_orphans = true;
	start(run);
	left = printed_pid();
	conclude();
	ck_assert(!ended.alone);
	ck_assert_int_eq(kill(left, 0), 0);
	kill(left, SIGKILL);
}
END_TEST

START_TEST(the_lock_is_held_as_long_as_anything_runs)
{
	int lock[2];
	char byte;

	ck_assert_int_eq(pipe2(lock, O_CLOEXEC | O_NONBLOCK), 0);
	terms.lock = lock[1];
	start(end_run("echo $$; sleep 0.1", 1));
	close(lock[1]);
	printed_pid();
	ck_assert_int_eq(read(lock[0], &byte, 1), -1);
	ck_assert_int_eq(errno, EAGAIN);
	conclude();
	ck_assert_int_eq(read(lock[0], &byte, 1), 0);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_told)
{
	struct run_start *run = end_run("", 1);

	run->arguments[0] = (char *)(uintptr_t) "/nonexistent/hook";
	start(run);
	conclude();
	ck_assert_int_eq(ended.end, RUN_FAILED);
	ck_assert_int_eq(ended.code, ENOENT);
}
END_TEST

START_TEST(it_has_one_run_after_another)
{
	char bytes[16];
	pid_t pid;

	ck_assert_int_eq(keeper_open(&terms, &keeper), 0);
	start(end_run("cat; exit 3", 1));
	wait_for_note();
	ck_assert(ended.alone && ended.end == RUN_EXITED && ended.code == 3);
	ck_assert_int_eq(read(out, bytes, sizeof bytes), 8);
	ck_assert_int_eq(read(out, bytes, sizeof bytes), 0); /* its keeper holds it no longer than until it was told */
	start(end_run("read -r _ _ _ parent _ </proc/$$/stat; echo $parent", 2));
	pid = printed_pid();
	wait_for_note();
	ck_assert(ended.alone && ended.end == RUN_EXITED && ended.code == 0);
	ck_assert_int_eq(pid, keeper.pid);
	shutdown(keeper.socket, SHUT_RDWR); /* as when the runner is gone */
	wait_for_end();
}
END_TEST

START_TEST(what_one_run_leaves_behind_is_not_there_in_the_next)
{
	struct run_start *run = end_run("setsid sh -c 'trap \"\" TERM; echo $$; exec sleep 60' & sleep 0.2", 1);
	pid_t left;

	run->grace_ms = 50;
	ck_assert_int_eq(keeper_open(&terms, &keeper), 0);
	start(run);
	left = printed_pid();
	wait_for_note();
	ck_assert(ended.alone && ended.end == RUN_EXITED);
	ck_assert_int_eq(kill(left, 0), -1);
	start(end_run("read -r children </proc/$PPID/task/$PPID/children; echo $(($children - $$ + 1000))", 2));
	ck_assert_int_eq(printed_pid(), 1000); /* only the hook */
	wait_for_note();
	shutdown(keeper.socket, SHUT_RDWR);
	wait_for_end();
}
END_TEST

START_TEST(an_idle_one_ends_when_it_is_told_to)
{
	int status;

	ck_assert_int_eq(keeper_open(&terms, &keeper), 0);
	start(end_run("exit 0", 1));
	wait_for_note();
	kill(keeper.pid, SIGTERM); /* must not be left for the next run */
	ck_assert_int_eq(waitpid(keeper.pid, &status, 0), keeper.pid);
	ck_assert_int_eq(keeper_give(&keeper, end_run("exit 0", 1), &(struct hook_files){0, 1, 2}), -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(what_is_no_note_is_an_end)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	keeper.socket = pair[0];
	ck_assert_int_eq(keeper_read(&keeper, &ended), 0);
	ck_assert_int_eq(send(pair[1], &ended, sizeof ended - 1, 0), sizeof ended - 1);
	ck_assert_int_eq(keeper_read(&keeper, &ended), -1);
	close(pair[1]);
	ck_assert_int_eq(keeper_read(&keeper, &ended), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("keeper");
	TCase *tc = tcase_create("keeper");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, end_tear_down);
	tcase_add_test(tc, it_tells_how_its_hook_has_ended);
	tcase_add_test(tc, who_ignores_term_is_killed);
	tcase_add_test(tc, it_ends_its_hook_when_it_is_told_to);
	tcase_add_test(tc, what_a_hook_leaves_behind_ends_with_it);
	tcase_add_test(tc, orphans_stay_where_the_run_says_so);
	tcase_add_test(tc, the_lock_is_held_as_long_as_anything_runs);
	tcase_add_test(tc, a_program_that_is_not_there_is_told);
	tcase_add_test(tc, it_has_one_run_after_another);
	tcase_add_test(tc, what_one_run_leaves_behind_is_not_there_in_the_next);
	tcase_add_test(tc, an_idle_one_ends_when_it_is_told_to);
	tcase_add_test(tc, what_is_no_note_is_an_end);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
