/* Who is left when runner and keeper are killed at once, and how long the reaper holds the lock. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/runner/reaper.h"

struct family {
	pid_t runner, keeper, hook, child;
};

static char name[] = "/tmp/test_reaper.XXXXXX";
static int lock;

static void
set_up(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	ck_assert_int_ne(lock = mkstemp(name), -1);
	ck_assert_int_eq(flock(lock, LOCK_EX), 0);
}

static void
tear_down(void)
{
	close(lock);
	unlink(name);
}

static void __attribute__((noreturn)) wait_for_ever(void)
{
	for (;;)
		pause();
}

/* A hook in a session of its own, whose child is in one more. */
static void __attribute__((noreturn)) be_keeper(struct family family, int told)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGTERM, SIG_DFL); /* Check's own kills the whole case */
	family.keeper = getpid();
	if ((family.hook = fork()) == 0) {
		setsid();
		family.hook = getpid();
		if ((family.child = fork()) == 0) {
			setsid();
			family.child = getpid();
			(void)!write(told, &family, sizeof family);
		}
	}
	wait_for_ever();
}

/* Returns the reaper. */
static pid_t
begin(struct family *family, bool spare)
{
	int told[2];
	pid_t reaper;

	ck_assert_int_eq(pipe2(told, O_CLOEXEC), 0);
	if ((reaper = fork()) == 0) {
		struct family own = {0};

		if (reaper_begin(lock) != 0)
			_exit(9);
		own.runner = getpid();
		if (spare)
			reaper_spare();
		if (fork() == 0)
			be_keeper(own, told[1]);
		wait_for_ever();
	}
	ck_assert_int_eq(read(told[0], family, sizeof *family), sizeof *family);
	close(told[0]);
	close(told[1]);
	return reaper;
}

static bool
is_locked(void)
{
	int again = open(name, O_RDWR | O_CLOEXEC);
	bool locked = flock(again, LOCK_EX | LOCK_NB) != 0;

	close(again);
	return locked;
}

static void
it_ends(pid_t reaper)
{
	int status;

	ck_assert_int_eq(waitpid(reaper, &status, 0), reaper);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool
lives(pid_t pid)
{
	return kill(pid, 0) == 0;
}

START_TEST(nobody_outlives_a_runner_and_a_keeper_that_are_killed)
{
	struct family family;
	pid_t reaper = begin(&family, false);

	kill(family.keeper, SIGSTOP);
	kill(family.runner, SIGKILL);
	kill(family.keeper, SIGKILL);
	it_ends(reaper);
	ck_assert(!lives(family.hook) && !lives(family.child));
}
END_TEST

START_TEST(the_lock_is_held_as_long_as_a_keeper_lives_also_one_that_was_stopped)
{
	struct family family;
	pid_t reaper = begin(&family, false);

	close(lock);
	lock = -1;
	kill(reaper, SIGTERM);
	kill(family.keeper, SIGSTOP);
	kill(family.runner, SIGKILL);
	usleep(100000);
	ck_assert(is_locked() && lives(reaper));
	kill(family.keeper, SIGKILL);
	it_ends(reaper);
	ck_assert(!lives(family.child) && !is_locked());
}
END_TEST

START_TEST(a_stopped_keeper_is_woken)
{
	struct family family;
	pid_t reaper = begin(&family, false);

	kill(family.keeper, SIGSTOP);
	kill(family.keeper, SIGTERM); /* which it would have by PR_SET_PDEATHSIG */
	kill(family.runner, SIGKILL);
	it_ends(reaper);
	ck_assert(!lives(family.keeper) && !lives(family.child));
}
END_TEST

START_TEST(who_may_stay_does)
{
	struct family family;
	pid_t reaper = begin(&family, true);

	kill(family.runner, SIGKILL);
	kill(family.keeper, SIGKILL);
	it_ends(reaper);
	ck_assert(lives(family.hook) && lives(family.child));
	kill(family.hook, SIGKILL);
	kill(family.child, SIGKILL);
	while (wait(NULL) > 0)
		continue;
}
END_TEST

START_TEST(a_runner_that_is_stopped_goes_on)
{
	struct family family;
	pid_t reaper = begin(&family, false);

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(kill(family.runner, SIGSTOP), 0);
		usleep(100000);
	}
	ck_assert_int_eq(kill(family.runner, SIGSTOP), 0);
	ck_assert_int_eq(kill(family.runner, SIGUSR1), 0); /* which ends it when it goes on, not before */
	ck_assert_int_eq(kill(family.keeper, SIGKILL), 0);
	it_ends(reaper);
	ck_assert(!lives(family.hook));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reaper");
	TCase *tc = tcase_create("reaper");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, nobody_outlives_a_runner_and_a_keeper_that_are_killed);
	tcase_add_test(tc, the_lock_is_held_as_long_as_a_keeper_lives_also_one_that_was_stopped);
	tcase_add_test(tc, a_stopped_keeper_is_woken);
	tcase_add_test(tc, who_may_stay_does);
	tcase_add_test(tc, a_runner_that_is_stopped_goes_on);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
