/* One run from its beginning to its end, in a process of its own, as in a keeper. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/lib/clock.h"
#include "../../src/runner/watch.h"
#include "spooler_end.h"

static struct watch_terms terms;
static struct hook_files files;
static pid_t hook;
static int out;

static void
set_up(void)
{
	int ends[2];

	end_set_up(); /* whose processes come back to this one */
	watch_signals(&terms.signals);
	terms.hook = &hook;
	terms.outputs_end = true;
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	out = ends[0];
	files = (struct hook_files){end_body("the body", 8), ends[1], dup(ends[1])};
}

START_TEST(how_it_ended_is_told_and_nobody_is_left)
{
	struct keeper_note note = watch_run(end_run("exit 7", 1), &files, &terms);

	ck_assert(note.alone && note.end == RUN_EXITED && note.code == 7);
	ck_assert(note.started_ms != 0 && note.ended_ms >= note.started_ms && note.memory_kib > 0);
	ck_assert_int_eq(hook, 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(the_outputs_end_with_it_where_that_is_wanted)
{
	char byte;

	watch_run(end_run("exit 0", 1), &files, &terms);
	ck_assert_int_eq(read(out, &byte, 1), 0);
}
END_TEST

START_TEST(else_they_stay_open)
{
	char byte;

	terms.outputs_end = false;
	watch_run(end_run("exit 0", 1), &files, &terms);
	ck_assert_int_eq(read(out, &byte, 1), -1);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

START_TEST(what_has_ended_before_its_hook_is_reaped_meanwhile)
{
	/* Whose parent ends first comes to the watching process; when that has reaped it, it is nobody's child. */
	struct keeper_note note = watch_run(end_run("(sh -c 'exit 0' & ) ; n=0; "
						    "while read -r one more </proc/$PPID/task/$PPID/children && "
						    "[ \"$one$more\" != $$ ]; do sleep 0.01; done; exit 5",
						1),
	    &files, &terms);

	ck_assert(note.alone && note.end == RUN_EXITED && note.code == 5);
}
END_TEST

START_TEST(an_orphan_that_ignores_term_is_killed)
{
	struct run_start *run = end_run("(trap '' TERM; while :; do sleep 0.01; done) & exit 3", 1);
	struct keeper_note note;

	run->grace_ms = 50;
	note = watch_run(run, &files, &terms);
	ck_assert(note.alone && note.end == RUN_EXITED && note.code == 3);
}
END_TEST

START_TEST(term_ends_it)
{
	struct keeper_note note;

	raise(SIGTERM); /* blocked: it waits */
	note = watch_run(end_run("exec sleep 60", 1), &files, &terms);
	ck_assert(note.alone && note.end == RUN_SIGNALED && note.code == SIGTERM);
}
END_TEST

START_TEST(what_may_stay_is_not_waited_for)
{
	struct run_start *run = end_run("sleep 60 & exit 0", 1);
	struct keeper_note note;

	run->keep_orphans = true;
	note = watch_run(run, &files, &terms);
	ck_assert(!note.alone && note.end == RUN_EXITED && note.code == 0);
}
END_TEST

/* Each forks its successor, which goes into a session of its own, and ends: for 20 s, or until they are caught. */
static void __attribute__((noreturn)) be_chain(void)
{
	uint64_t until = clock_monotonic_ms() + 20000;

	signal(SIGTERM, SIG_IGN);
	for (int fd = 0; fd < 64; fd++)
		close(fd);
	while (clock_monotonic_ms() < until) {
		setsid();
		if (fork() != 0)
			_exit(0);
	}
	_exit(0);
}

START_TEST(a_stray_that_makes_way_for_another_again_and_again_is_killed)
{
	struct run_start *run = end_run("exit 0", 1);
	struct keeper_note note;

	run->grace_ms = 300;
	if (fork() == 0)
		be_chain();
	note = watch_run(run, &files, &terms);
	ck_assert(note.alone && note.end == RUN_EXITED);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("watch");
	TCase *tc = tcase_create("watch");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, end_tear_down);
	tcase_add_test(tc, how_it_ended_is_told_and_nobody_is_left);
	tcase_add_test(tc, the_outputs_end_with_it_where_that_is_wanted);
	tcase_add_test(tc, else_they_stay_open);
	tcase_add_test(tc, what_has_ended_before_its_hook_is_reaped_meanwhile);
	tcase_add_test(tc, an_orphan_that_ignores_term_is_killed);
	tcase_add_test(tc, term_ends_it);
	tcase_add_test(tc, what_may_stay_is_not_waited_for);
	tcase_add_test(tc, a_stray_that_makes_way_for_another_again_and_again_is_killed);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
