/* Whatever a hook does, its keeper ends it in time, with all that it has started. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/runner/keeper.h"
#include "spooler_end.h"

static struct keeper keeper;
static struct keeper_note started, ended;

static void
start(const struct run_start *run, int lock)
{
	int body = end_body("the body", 8);

	ck_assert_int_eq(keeper_start(run, body, lock, &keeper), 0);
	close(body);
	fcntl(keeper.out, F_SETFL, 0);
	fcntl(keeper.err, F_SETFL, 0);
	fcntl(keeper.notes, F_SETFL, 0);
}

/* Both notes, or the one of a hook that could not be started; and the keeper's end. */
static void
conclude(void)
{
	int status;

	ck_assert_int_eq(read(keeper.notes, &started, sizeof started), sizeof started);
	if (started.word == KEEPER_ENDED)
		ended = started;
	else
		ck_assert_int_eq(read(keeper.notes, &ended, sizeof ended), sizeof ended);
	ck_assert_int_eq(ended.word, KEEPER_ENDED);
	ck_assert_int_eq(waitpid(keeper.pid, &status, 0), keeper.pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A process id that is printed on a line. */
static pid_t
printed_pid(void)
{
	char line[32] = "";

	for (size_t n = 0; n < sizeof line - 1 && strchr(line, '\n') == NULL; n++)
		ck_assert_int_eq(read(keeper.out, line + n, 1), 1);
	ck_assert_int_gt(atoi(line), 1);
	return atoi(line);
}

START_TEST(it_tells_whom_it_has_started_and_how_that_ended)
{
	char bytes[16];

	start(end_run("cat; exit 100", 1), -1);
	conclude();
	ck_assert_int_eq(started.word, KEEPER_STARTED);
	ck_assert_int_gt(started.pid, 1);
	ck_assert_int_eq(ended.end, RUN_EXITED);
	ck_assert_int_eq(ended.code, 100);
	ck_assert(ended.started_ms != 0 && ended.ended_ms >= ended.started_ms);
	ck_assert_int_eq(read(keeper.out, bytes, sizeof bytes), 8);
	ck_assert_mem_eq(bytes, "the body", 8);
}
END_TEST

START_TEST(who_ignores_term_is_killed)
{
	struct run_start *run = end_run("trap '' TERM; while :; do sleep 0.01; done", 1);

	run->timeout_ms = 50;
	run->grace_ms = 50;
	start(run, -1);
	conclude();
	ck_assert_int_eq(ended.end, RUN_TIMEOUT);
	ck_assert_int_eq(ended.code, SIGKILL);
}
END_TEST

START_TEST(it_ends_its_hook_when_it_is_told_to)
{
	start(end_run("echo $$; exec sleep 60", 1), -1);
	printed_pid();
	kill(keeper.pid, SIGTERM);
	conclude();
	ck_assert_int_eq(ended.end, RUN_SIGNALED);
	ck_assert_int_eq(ended.code, SIGTERM);
}
END_TEST

START_TEST(what_a_hook_leaves_behind_ends_with_it)
{
	pid_t left;

	start(end_run("setsid sh -c 'echo $$; exec sleep 60' & sleep 0.2", 1), -1);
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
	start(run, -1);
	left = printed_pid();
	conclude();
	ck_assert_int_eq(kill(left, 0), 0);
	kill(left, SIGKILL);
}
END_TEST

START_TEST(the_lock_is_held_as_long_as_anything_runs)
{
	int lock[2];
	char byte;

	ck_assert_int_eq(pipe2(lock, O_CLOEXEC | O_NONBLOCK), 0);
	start(end_run("echo $$; sleep 0.1", 1), lock[1]);
	close(lock[1]);
	printed_pid();
	ck_assert_int_eq(read(lock[0], &byte, 1), -1);
	ck_assert_int_eq(errno, EAGAIN);
	conclude();
	ck_assert_int_eq(read(lock[0], &byte, 1), 0);
}
END_TEST

START_TEST(a_program_that_is_not_there_has_one_note)
{
	struct run_start *run = end_run("", 1);

	run->arguments[0] = (char *)(uintptr_t) "/nonexistent/hook";
	start(run, -1);
	conclude();
	ck_assert_int_eq(started.word, KEEPER_ENDED);
	ck_assert_int_eq(ended.end, RUN_FAILED);
	ck_assert_int_eq(ended.code, ENOENT);
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
	tcase_add_checked_fixture(tc, end_set_up, end_tear_down);
	tcase_add_test(tc, it_tells_whom_it_has_started_and_how_that_ended);
	tcase_add_test(tc, who_ignores_term_is_killed);
	tcase_add_test(tc, it_ends_its_hook_when_it_is_told_to);
	tcase_add_test(tc, what_a_hook_leaves_behind_ends_with_it);
	tcase_add_test(tc, orphans_stay_where_the_run_says_so);
	tcase_add_test(tc, the_lock_is_held_as_long_as_anything_runs);
	tcase_add_test(tc, a_program_that_is_not_there_has_one_note);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
