/* The spool's lock: one owner, and one that is ending is waited for. */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/spool/spool.h"

static char dir[32];

static void
set_up(void)
{
	strcpy(dir, "/tmp/test_spool_lock.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
tear_down(void)
{
	char path[64];

	snprintf(path, sizeof path, "%s/lock", dir);
	unlink(path);
	rmdir(dir);
}

static void *
linger(void *unused)
{
	usleep(300000);
	_exit(0);
	return unused;
}

/* A process that has the lock; ENDING: its first thread has ended already. */
static pid_t
owner(bool ending)
{
	int told[2];
	pid_t pid;
	char byte;

	ck_assert_int_eq(pipe(told), 0);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		pthread_t thread;

		if (spool_lock(dir) == -1 || (ending && pthread_create(&thread, NULL, linger, NULL) != 0) ||
		    write(told[1], "x", 1) != 1)
			_exit(1);
		if (ending)
			syscall(SYS_exit, 0);
		pause();
	}
	close(told[1]);
	ck_assert_int_eq(read(told[0], &byte, 1), 1);
	close(told[0]);
	return pid;
}

START_TEST(who_has_it_is_left_alone)
{
	pid_t pid = owner(false);

	ck_assert_int_eq(spool_lock(dir), -1);
	ck_assert_int_eq(errno, EBUSY);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_ne(spool_lock(dir), -1);
}
END_TEST

START_TEST(who_is_ending_is_waited_for)
{
	pid_t pid = owner(true);

	usleep(50000); /* its first thread has ended by now, or it is as in the other test */
	ck_assert_int_ne(spool_lock(dir), -1);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("spool_lock");
	TCase *tcase = tcase_create("lock");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, who_has_it_is_left_alone);
	tcase_add_test(tcase, who_is_ending_is_waited_for);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
