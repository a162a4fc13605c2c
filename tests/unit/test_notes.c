/* What a keeper has told, and what is done when it can't tell any more. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/runner/notes.h"

static struct notes notes;
static int keeper; /* its end of the pipe */

static void
set_up(void)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	notes_open(&notes, ends[0]);
	keeper = ends[1];
}

static void
tear_down(void)
{
	notes_close(&notes);
	close(keeper);
}

static void
tell(struct keeper_note note)
{
	ck_assert_int_eq(write(keeper, &note, sizeof note), sizeof note);
}

START_TEST(the_hook_is_known_once_it_is_told)
{
	ck_assert_int_eq(notes_hook(&notes), 0);
	tell((struct keeper_note){.word = KEEPER_STARTED, .pid = 12345678});
	ck_assert_int_eq(notes_hook(&notes), 12345678);
	tell((struct keeper_note){.word = KEEPER_ENDED, .end = RUN_EXITED, .code = 3});
	ck_assert(notes_conclude(&notes));
	ck_assert_int_eq(notes.hook, 12345678);
	ck_assert_int_eq(notes.end.end, RUN_EXITED);
	ck_assert_int_eq(notes.end.code, 3);
}
END_TEST

START_TEST(both_notes_are_read_at_the_end)
{
	tell((struct keeper_note){.word = KEEPER_STARTED, .pid = 12345678});
	tell((struct keeper_note){.word = KEEPER_ENDED, .end = RUN_SIGNALED, .code = SIGTERM});
	ck_assert(notes_conclude(&notes));
	ck_assert_int_eq(notes.end.code, SIGTERM);
}
END_TEST

START_TEST(a_hook_that_could_not_be_started_has_one_note)
{
	tell((struct keeper_note){.word = KEEPER_ENDED, .end = RUN_FAILED, .code = 2});
	ck_assert(notes_conclude(&notes));
	ck_assert_int_eq(notes.hook, 0);
	ck_assert_int_eq(notes.end.end, RUN_FAILED);
}
END_TEST

START_TEST(of_a_keeper_that_was_killed_the_hooks_group_is_killed)
{
	pid_t hook = fork();
	int status;

	if (hook == 0) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	setpgid(hook, hook);
	tell((struct keeper_note){.word = KEEPER_STARTED, .pid = hook});
	ck_assert(!notes_conclude(&notes));
	ck_assert_int_eq(waitpid(hook, &status, 0), hook);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
END_TEST

START_TEST(nobody_is_killed_when_nobody_was_told)
{
	ck_assert(!notes_conclude(&notes)); /* else it would be this process's own group */
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("notes");
	TCase *tc = tcase_create("notes");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_hook_is_known_once_it_is_told);
	tcase_add_test(tc, both_notes_are_read_at_the_end);
	tcase_add_test(tc, a_hook_that_could_not_be_started_has_one_note);
	tcase_add_test(tc, of_a_keeper_that_was_killed_the_hooks_group_is_killed);
	tcase_add_test(tc, nobody_is_killed_when_nobody_was_told);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
