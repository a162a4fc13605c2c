/* What a keeper has told, and what is done when it can't tell any more. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/runner/notes.h"

static struct notes notes;
static pid_t hook;
static int keeper; /* its end of the socket */

static void
set_up(void)
{
	int ends[2];
	struct keeper own = {
	    .hook = mmap(NULL, sizeof hook, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)};

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	own.socket = ends[0];
	keeper = ends[1];
	notes_open(&notes, &own);
}

static void
tear_down(void)
{
	notes_close(&notes);
	notes_close(&notes); /* does nothing */
	ck_assert_int_eq(notes_hook(&notes), 0);
	close(keeper);
}

START_TEST(the_hook_is_known_as_long_as_it_is_there)
{
	ck_assert_int_eq(notes_hook(&notes), 0);
	*notes.keeper.hook = 12345678;
	ck_assert_int_eq(notes_hook(&notes), 12345678);
	*notes.keeper.hook = 0;
	ck_assert_int_eq(notes_hook(&notes), 0);
}
END_TEST

START_TEST(its_note_is_read_at_the_end)
{
	struct keeper_note note = {.end = RUN_SIGNALED, .code = SIGTERM};

	ck_assert_int_eq(send(keeper, &note, sizeof note, 0), sizeof note);
	ck_assert(notes_conclude(&notes));
	ck_assert(notes.told && notes.end.end == RUN_SIGNALED && notes.end.code == SIGTERM);
}
END_TEST

START_TEST(of_a_keeper_that_was_killed_the_hooks_group_is_killed)
{
	int status;

	hook = fork();
	if (hook == 0) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	setpgid(hook, hook);
	*notes.keeper.hook = hook;
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
	tcase_add_test(tc, the_hook_is_known_as_long_as_it_is_there);
	tcase_add_test(tc, its_note_is_read_at_the_end);
	tcase_add_test(tc, of_a_keeper_that_was_killed_the_hooks_group_is_killed);
	tcase_add_test(tc, nobody_is_killed_when_nobody_was_told);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
