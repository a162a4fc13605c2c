/* Starting the spooler: a script in its place tells what it was given. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/responder/starter.h"

static char dir[] = "/tmp/test_starter.XXXXXX";
static char program[64], file[64], told[64];
static int starters[2], nstarters;

/* DIR and NAME. */
static void
name(char *path, size_t size, const char *what)
{
	snprintf(path, size, "%s/%s", dir, what);
}

static void
write_to(const char *path, mode_t mode, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void
set_up(void)
{
	char script[512];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	name(program, sizeof program, "program");
	name(file, sizeof file, "conf");
	name(told, sizeof told, "told");
	snprintf(script, sizeof script,
	    "#!/bin/sh\nexec >%s/new.$$\necho \"$1 $2 $#\"\npwd\nenv | grep -c HOOKSPOOL\nls /proc/$$/fd | grep -c '^[3-9]$'\n"
	    "cut -d' ' -f6 /proc/$$/stat\necho $$\nmv %s/new.$$ %s\n",
	    dir, dir, told);
	write_to(program, 0755, script);
	write_to(file, 0644, "");
	setenv("HOOKSPOOL_SECRET", "x", 1);
	signal(SIGTERM, SIG_IGN); /* must not reach it */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Whom the starters have started end by themselves. */
static void
tear_down(void)
{
	while (nstarters > 0)
		close(starters[--nstarters]);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	unlink(program);
	unlink(file);
	unlink(told);
	rmdir(dir);
}

static int
begin(const char *conf)
{
	int starter = starter_new(program, conf);

	ck_assert_int_ge(starter, 0);
	return starters[nstarters++] = starter;
}

/* What the program has told, once it has. */
static const char *
what_it_told(void)
{
	static char text[1024];
	int fd;
	ssize_t n;

	while ((fd = open(told, O_RDONLY | O_CLOEXEC)) == -1)
		usleep(1000);
	n = read(fd, text, sizeof text - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

START_TEST(it_is_run_with_its_file_and_nothing_of_the_responders)
{
	char expected[128];
	int starter = begin(file);

	ck_assert_int_eq(starter_start(starter), 0);
	what_it_told();
	snprintf(expected, sizeof expected, "-c %s 2\n/\n0\n0\n", file);
	ck_assert_msg(strncmp(what_it_told(), expected, strlen(expected)) == 0, "%s", what_it_told());
}
END_TEST

START_TEST(it_is_in_no_session_of_the_responders_and_nobodys_child)
{
	int starter = begin(file), session, pid;

	ck_assert_int_eq(starter_start(starter), 0);
	ck_assert_int_eq(sscanf(strstr(what_it_told(), "\n/\n"), "\n/\n0\n0\n%d\n%d", &session, &pid), 2);
	ck_assert_int_ne(session, getsid(0));
	ck_assert_int_ne(session, pid);		      /* it is not its leader: no terminal becomes its own */
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid); /* as init would */
}
END_TEST

START_TEST(what_can_not_be_run_is_told)
{
	int starter;

	chmod(program, 0644);
	starter = begin(file);
	ck_assert_int_eq(starter_start(starter), -1);
	ck_assert_int_eq(errno, EACCES);
	unlink(program);
	ck_assert_int_eq(starter_start(starter), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(one_of_all_that_have_its_file_starts_it)
{
	int first = begin(file), second = begin(file);

	ck_assert_int_eq(starter_start(first), 0);
	ck_assert_int_eq(starter_start(second), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(starter_start(first), 0); /* again */
	starter_rest(first);
	while (starter_start(second) != 0)
		ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(starter_start(first), -1);
	close(starters[--nstarters]); /* its starter ends, and with it what it holds */
	while (starter_start(first) != 0)
		ck_assert_int_eq(errno, EBUSY);
}
END_TEST

START_TEST(a_file_that_can_not_be_locked_is_no_reason_not_to)
{
	int starter = begin("/nonexistent/conf");

	ck_assert_int_eq(starter_start(starter), 0);
	what_it_told();
}
END_TEST

START_TEST(one_that_was_killed_is_told)
{
	int starter, status;
	pid_t pid = 0;
	FILE *children;

	starter = begin(file);
	ck_assert_ptr_nonnull(children = fopen("/proc/thread-self/children", "re"));
	ck_assert_int_eq(fscanf(children, "%d", &pid), 1);
	fclose(children);
	ck_assert_int_eq(kill(pid, SIGTERM), 0); /* it does not listen to that */
	ck_assert_int_eq(starter_start(starter), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(starter_start(starter), -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(it_ends_with_its_responder)
{
	int starter = begin(file), status;

	ck_assert_int_eq(starter_start(starter), 0);
	what_it_told();
	close(starters[--nstarters]);
	while (waitpid(-1, &status, 0) > 0) /* the program, and the starter */
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("starter");
	TCase *tc = tcase_create("starter");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, it_is_run_with_its_file_and_nothing_of_the_responders);
	tcase_add_test(tc, it_is_in_no_session_of_the_responders_and_nobodys_child);
	tcase_add_test(tc, what_can_not_be_run_is_told);
	tcase_add_test(tc, one_of_all_that_have_its_file_starts_it);
	tcase_add_test(tc, a_file_that_can_not_be_locked_is_no_reason_not_to);
	tcase_add_test(tc, one_that_was_killed_is_told);
	tcase_add_test(tc, it_ends_with_its_responder);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
