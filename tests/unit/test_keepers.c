/* Who is kept, for whom, and what becomes of a run whose keeper is killed. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/runner/adopted.h"
#include "../../src/runner/keepers.h"
#include "scarce.h"
#include "spooler_end.h"

#define MANY 48

struct seen {
	unsigned times;
	struct keeper_note note; /* all 0: none */
	int status;
	bool begun;
};

static struct seen seen[MANY];

static void
on_ended(void *context, const struct keeper_note *note, int status, bool begun)
{
	struct seen *s = context;

	s->times++;
	s->note = note != NULL ? *note : (struct keeper_note){0};
	s->status = status;
	s->begun = begun;
}

static void
on_reaped(pid_t pid, int status)
{
	keepers_reaped(means.keepers, pid, status);
}

static struct kept *
start(struct run_start *run, struct seen *s)
{
	int body = end_body("", 0), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct kept *kept = keepers_run(
	    means.keepers, run, &(struct hook_files){body, nowhere, nowhere}, &(struct kept_owner){s, on_ended});

	ck_assert_ptr_nonnull(kept);
	close(body);
	close(nowhere);
	return kept;
}

static void
wait_for(const struct seen *s, unsigned times)
{
	while (s->times < times)
		end_turn(on_reaped);
}

START_TEST(one_that_has_ended_is_given_the_next_run)
{
	pid_t first = kept_keeper(start(end_run("exit 1", 1), &seen[0]));

	wait_for(&seen[0], 1);
	ck_assert(seen[0].note.end == RUN_EXITED && seen[0].note.code == 1);
	ck_assert_uint_eq(keepers_idle(means.keepers), 1);
	ck_assert_int_eq(kept_keeper(start(end_run("exit 2", 2), &seen[1])), first);
	ck_assert_uint_eq(keepers_idle(means.keepers), 0);
	wait_for(&seen[1], 1);
	ck_assert_int_eq(seen[1].note.code, 2);
}
END_TEST

START_TEST(one_at_work_is_given_nothing)
{
	struct kept *first = start(end_run("exec sleep 60", 1), &seen[0]);

	ck_assert_int_ne(kept_keeper(start(end_run("exit 0", 2), &seen[1])), kept_keeper(first));
	wait_for(&seen[1], 1);
	kept_end(first);
	wait_for(&seen[0], 1);
	ck_assert(seen[0].note.end == RUN_SIGNALED && seen[0].note.code == SIGTERM);
}
END_TEST

START_TEST(one_whose_orphans_may_live_is_not_kept)
{
	struct run_start *run = end_run("exit 0", 1);

	run->keep_orphans = true;
	start(run, &seen[0]);
	wait_for(&seen[0], 1);
	ck_assert_int_eq(seen[0].note.end, RUN_EXITED);
	ck_assert_uint_eq(keepers_idle(means.keepers), 0);
}
END_TEST

START_TEST(one_that_was_killed_between_two_runs_is_replaced)
{
	pid_t first = kept_keeper(start(end_run("exit 0", 1), &seen[0])), second;
	siginfo_t info;

	wait_for(&seen[0], 1);
	kill(first, SIGKILL);
	ck_assert_int_eq(
	    waitid(P_PID, (id_t)first, &info, WEXITED | WNOWAIT), 0); /* it is dead, and nobody has noticed */
	second = kept_keeper(start(end_run("exit 3", 2), &seen[1]));
	ck_assert_int_ne(first, second);
	wait_for(&seen[1], 1);
	ck_assert(seen[1].note.end == RUN_EXITED && seen[1].note.code == 3);
	while (waitpid(first, NULL, WNOHANG) == 0)
		end_turn(on_reaped);
}
END_TEST

START_TEST(one_that_was_killed_when_idle_is_forgotten)
{
	pid_t first = kept_keeper(start(end_run("exit 0", 1), &seen[0]));

	wait_for(&seen[0], 1);
	kill(first, SIGKILL);
	while (keepers_idle(means.keepers) > 0)
		end_turn(on_reaped);
	ck_assert_uint_eq(seen[0].times, 1);
}
END_TEST

/* Its end is seen here, and nowhere else yet. */
static void
reap(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(keepers_reaped(means.keepers, pid, status));
	ck_assert(!keepers_reaped(means.keepers, pid, status));
}

START_TEST(one_that_is_reaped_before_its_socket_has_ended_is_forgotten)
{
	pid_t first = kept_keeper(start(end_run("exit 0", 1), &seen[0]));

	wait_for(&seen[0], 1);
	kill(first, SIGKILL);
	reap(first);
	ck_assert_uint_eq(keepers_idle(means.keepers), 0);
	ck_assert_uint_eq(seen[0].times, 1);
}
END_TEST

START_TEST(one_that_is_reaped_before_its_word_was_read_has_still_told)
{
	struct run_start *run = end_run("exit 4", 1);

	run->keep_orphans = true; /* so that it ends by itself */
	reap(kept_keeper(start(run, &seen[0])));
	ck_assert_uint_eq(seen[0].times, 1);
	ck_assert(seen[0].note.end == RUN_EXITED && seen[0].note.code == 4);
	ck_assert(!keepers_leave_any(means.keepers));
}
END_TEST

START_TEST(one_at_work_that_is_reaped_before_its_socket_has_ended_is_told_of)
{
	struct kept *kept = start(end_run("exec sleep 60", 1), &seen[0]);
	pid_t pid = kept_keeper(kept), hook;

	while ((hook = kept_hook(kept)) == 0)
		end_turn(NULL);
	kill(pid, SIGKILL);
	reap(pid);
	ck_assert_uint_eq(seen[0].times, 0); /* its hook is not dead before it is reaped, too */
	ck_assert_int_eq(kept_keeper(kept), 0);
	ck_assert_int_eq(waitpid(hook, NULL, 0), hook);
	ck_assert(!keepers_reaped(means.keepers, hook, 0));
	ck_assert(seen[0].times == 1 && seen[0].note.end == 0 && seen[0].begun && WTERMSIG(seen[0].status) == SIGKILL);
}
END_TEST

START_TEST(without_descriptors_none_is_made)
{
	int body = end_body("", 0);
	struct run_start *run = end_run("exit 0", 1);
	struct rlimit few = {(rlim_t)body + 1, (rlim_t)body + 1};

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (int only = 0; only < 2; only++) {
		run->keep_orphans = only != 0;
		errno = 0;
		ck_assert_ptr_null(keepers_run(means.keepers, run, &(struct hook_files){body, body, body},
		    &(struct kept_owner){&seen[0], on_ended}));
		ck_assert_int_eq(errno, EMFILE);
	}
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_uint_eq(seen[0].times, 0);
	close(body);
}
END_TEST

START_TEST(without_memory_none_stays)
{
	struct run_start *run = end_run("exec sleep 60", 1);
	int body = end_body("", 0), status;
	unsigned n = 0;

	run->keep_orphans = _i != 0; /* one that has its run from the beginning */
	for (;; n++) {
		struct kept *kept;

		scarce_once(n);
		kept = keepers_run(means.keepers, run, &(struct hook_files){body, body, body},
		    &(struct kept_owner){&seen[0], on_ended});
		if (!scarce_over()) {
			ck_assert_ptr_nonnull(kept);
			break;
		}
		ck_assert_ptr_null(kept);
		ck_assert_int_eq(errno, ENOMEM);
		ck_assert_int_gt(waitpid(-1, &status, 0), 0); /* it does not wait for a run */
	}
	ck_assert_uint_ge(n, 2);
	close(body);
}
END_TEST

START_TEST(one_that_was_killed_at_work_is_told_of_when_its_hooks_group_is_dead)
{
	struct kept *kept = start(end_run("sleep 60 & exec sleep 60", 1), &seen[0]);
	pid_t group;

	while ((group = kept_hook(kept)) == 0)
		end_turn(NULL);
	kill(kept_keeper(kept), SIGKILL);
	wait_for(&seen[0], 1);
	ck_assert(seen[0].note.end == 0 && seen[0].begun && WIFSIGNALED(seen[0].status));
	ck_assert_int_eq(kill(-group, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
	ck_assert_uint_eq(keepers_idle(means.keepers), 0);
}
END_TEST

START_TEST(one_that_was_killed_before_it_began_is_told_of)
{
	pid_t first = kept_keeper(start(end_run("exit 0", 1), &seen[0]));

	wait_for(&seen[0], 1);
	kill(first, SIGSTOP);
	ck_assert_int_eq(kept_keeper(start(end_run("exit 0", 2), &seen[1])), first);
	kill(first, SIGKILL);
	wait_for(&seen[1], 1);
	ck_assert(seen[1].note.end == 0 && !seen[1].begun && WIFSIGNALED(seen[1].status));
}
END_TEST

START_TEST(one_that_has_no_descriptors_left_says_so)
{
	pid_t first = kept_keeper(start(end_run("exit 0", 1), &seen[0]));
	struct rlimit few = {4, 4};

	wait_for(&seen[0], 1);
	ck_assert_int_eq(prlimit(first, RLIMIT_NOFILE, &few, NULL), 0);
	ck_assert_int_eq(kept_keeper(start(end_run("exit 0", 2), &seen[1])), first);
	wait_for(&seen[1], 1);
	ck_assert(!seen[1].begun && WIFEXITED(seen[1].status) && WEXITSTATUS(seen[1].status) == EMFILE);
}
END_TEST

START_TEST(too_many_leave_at_once)
{
	for (unsigned i = 0; i < MANY; i++)
		start(end_run("sleep 0.3", i + 1), &seen[i]);
	for (unsigned i = 0; i < MANY; i++)
		wait_for(&seen[i], 1);
	ck_assert_uint_eq(keepers_idle(means.keepers), 32);
}
END_TEST

START_TEST(one_that_is_idle_for_long_leaves)
{
	struct keeper_terms terms = *means.terms;
	int status = -1;
	pid_t pid;

	terms.idle_ms = 50;
	keepers_free(means.keepers);
	means.keepers = keepers_new(means.base, &terms);
	pid = kept_keeper(start(end_run("exit 0", 1), &seen[0]));
	wait_for(&seen[0], 1);
	while (waitpid(pid, &status, WNOHANG) == 0)
		end_turn(NULL);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_uint_eq(keepers_idle(means.keepers), 0);
	keepers_free(means.keepers);
	means.keepers = keepers_new(means.base, means.terms);
}
END_TEST

/* Keepers that have so little patience that nobody waits for it. */
static void
impatient(struct keeper_terms *terms)
{
	*terms = *means.terms;
	terms->patience_ms = 200;
	keepers_free(means.keepers);
	means.keepers = keepers_new(means.base, terms);
}

static void
free_impatient(void)
{
	keepers_free(means.keepers);
	means.keepers = keepers_new(means.base, means.terms);
}

/* A hook that stops its keeper, once that has told of the hook. */
static struct run_start *
stopping_run(uint64_t number)
{
	return end_run("sleep .3; kill -STOP $PPID; exec sleep 60", number);
}

START_TEST(one_that_is_stopped_is_killed_with_its_hook_when_its_time_is_over)
{
	struct keeper_terms terms;
	struct run_start *run;

	impatient(&terms);
	start(end_run("exec sleep 60", 2), &seen[1]); /* whose time is later */
	run = stopping_run(1);
	run->timeout_ms = 1000;
	run->grace_ms = 50;
	start(run, &seen[0]);
	wait_for(&seen[0], 1);
	ck_assert(seen[0].begun && WIFSIGNALED(seen[0].status) && WTERMSIG(seen[0].status) == SIGKILL);
	ck_assert_uint_eq(seen[1].times, 0);
	free_impatient();
}
END_TEST

START_TEST(one_that_is_stopped_is_killed_when_it_stops)
{
	struct run_start *run = stopping_run(1);
	struct keeper_terms terms;
	struct kept *kept;
	int status;

	impatient(&terms);
	run->grace_ms = 50;
	kept = start(run, &seen[0]);
	while (kept_hook(kept) == 0)
		end_turn(NULL);
	ck_assert_int_eq(waitpid(kept_keeper(kept), &status, WUNTRACED), kept_keeper(kept));
	kept_end(kept);
	keepers_stop(means.keepers);
	wait_for(&seen[0], 1);
	free_impatient();
}
END_TEST

START_TEST(one_that_is_stopped_when_idle_leaves_nevertheless)
{
	pid_t first = kept_keeper(start(end_run("exit 0", 1), &seen[0]));
	int status;

	wait_for(&seen[0], 1);
	kill(first, SIGSTOP);
	ck_assert_int_eq(waitpid(first, &status, WUNTRACED), first);
	keepers_stop(means.keepers);
	ck_assert_int_eq(waitpid(first, &status, 0), first);
	ck_assert(WIFEXITED(status));
}
END_TEST

START_TEST(what_may_live_on_is_known_until_it_has_ended)
{
	struct run_start *run = end_run("sleep 60 & exit 0", 1);
	pid_t keeper, pid;
	int status;

	ck_assert(!keepers_leave_any(means.keepers));
	run->keep_orphans = true;
	keeper = kept_keeper(start(run, &seen[0]));
	ck_assert(keepers_leave_any(means.keepers));
	wait_for(&seen[0], 1);
	ck_assert(keepers_leave_any(means.keepers));
	while ((pid = waitpid(keeper, &status, WNOHANG)) == 0)
		end_turn(NULL);
	if (pid == keeper)
		keepers_reaped(means.keepers, pid, status);
	ck_assert(keepers_leave_any(means.keepers));
	ck_assert(adopted_any());
	while (adopted_kill())
		continue;
	ck_assert(!keepers_leave_any(means.keepers));
}
END_TEST

START_TEST(when_it_stops_none_is_kept)
{
	pid_t first = kept_keeper(start(end_run("exit 0", 1), &seen[0])), second;
	int status;

	wait_for(&seen[0], 1);
	second = kept_keeper(start(end_run("exit 0", 2), &seen[1]));
	ck_assert_int_eq(first, second);
	start(end_run("exit 0", 3), &seen[2]);
	keepers_stop(means.keepers);
	wait_for(&seen[1], 1);
	wait_for(&seen[2], 1);
	ck_assert_uint_eq(keepers_idle(means.keepers), 0);
	while (waitpid(-1, &status, 0) > 0) /* they end by themselves, in order */
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("keepers");
	TCase *tc = tcase_create("keepers");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	scarce_everywhere();
	tcase_add_checked_fixture(tc, end_set_up, end_tear_down);
	tcase_add_test(tc, one_that_has_ended_is_given_the_next_run);
	tcase_add_test(tc, one_at_work_is_given_nothing);
	tcase_add_test(tc, one_whose_orphans_may_live_is_not_kept);
	tcase_add_test(tc, one_that_was_killed_between_two_runs_is_replaced);
	tcase_add_test(tc, one_that_was_killed_when_idle_is_forgotten);
	tcase_add_test(tc, one_that_was_killed_at_work_is_told_of_when_its_hooks_group_is_dead);
	tcase_add_test(tc, one_that_is_reaped_before_its_socket_has_ended_is_forgotten);
	tcase_add_test(tc, one_that_is_reaped_before_its_word_was_read_has_still_told);
	tcase_add_test(tc, one_at_work_that_is_reaped_before_its_socket_has_ended_is_told_of);
	tcase_add_test(tc, without_descriptors_none_is_made);
	tcase_add_loop_test(tc, without_memory_none_stays, 0, 2);
	tcase_add_test(tc, one_that_was_killed_before_it_began_is_told_of);
	tcase_add_test(tc, one_that_has_no_descriptors_left_says_so);
	tcase_add_test(tc, too_many_leave_at_once);
	tcase_add_test(tc, one_that_is_idle_for_long_leaves);
	tcase_add_test(tc, one_that_is_stopped_is_killed_with_its_hook_when_its_time_is_over);
	tcase_add_test(tc, one_that_is_stopped_is_killed_when_it_stops);
	tcase_add_test(tc, one_that_is_stopped_when_idle_leaves_nevertheless);
	tcase_add_test(tc, what_may_live_on_is_known_until_it_has_ended);
	tcase_add_test(tc, when_it_stops_none_is_kept);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
