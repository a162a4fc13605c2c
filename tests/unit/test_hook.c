/* What surrounds a hook: hookspool-hook(7). */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/runner/hook.h"
#include "spooler_end.h"

static char text[4096]; /* what it printed, both outputs together */
static int status;

/* Run it to its end.  Returns 0, or why it was not started. */
static int
run_to_the_end(const struct run_start *run)
{
	int ends[2], body = end_body("the body", 8), why = 0;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	hook_prepare();
	if (hook_start(run, &(struct hook_files){body, ends[1], ends[1]}, &pid) != 0)
		why = errno;
	ck_assert_int_eq(why == 0, pid > 0);
	close(ends[1]);
	close(body);
	while ((n = read(ends[0], text + len, sizeof text - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(ends[0]);
	if (pid > 0)
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return why;
}

START_TEST(its_environment_is_the_given_one_and_nothing_else)
{
	struct run_start *run = end_run("", 1);

	run->arguments[0] = (char *)(uintptr_t) "/usr/bin/env";
	run->arguments[1] = NULL;
	run->variables[1] = (char *)(uintptr_t) "CUSTOMER_ID=a b";
	setenv("SECRET", "x", 1);
	ck_assert_int_eq(run_to_the_end(run), 0);
	ck_assert_str_eq(text, RUN_PATH "\nCUSTOMER_ID=a b\n");
}
END_TEST

START_TEST(its_input_is_the_body)
{
	ck_assert_int_eq(run_to_the_end(end_run("cat", 1)), 0);
	ck_assert_str_eq(text, "the body");
}
END_TEST

START_TEST(it_has_no_other_descriptor)
{
	ck_assert_int_eq(dup2(STDERR_FILENO, 77), 77); /* not close-on-exec */
	ck_assert_int_eq(
	    run_to_the_end(end_run("for n in 4 5 6 7 8 9 77; do [ -e /proc/$$/fd/$n ] && echo $n; done; :", 1)), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(it_is_in_a_session_of_its_own)
{
	ck_assert_int_eq(
	    run_to_the_end(
		end_run("read -r _ _ _ _ group session _ </proc/$$/stat; echo $(($$ == group && $$ == session))", 1)),
	    0);
	ck_assert_str_eq(text, "1\n");
}
END_TEST

START_TEST(directory_umask_and_limits_are_as_asked_for)
{
	struct run_start *run = end_run("pwd; umask; ulimit -n", 1);

	run->directory = (char *)(uintptr_t) "/usr";
	run->umask = 027;
	run->limits[0] = (struct run_limit){RLIMIT_NOFILE, 33};
	run->nlimits = 1;
	ck_assert_int_eq(run_to_the_end(run), 0);
	ck_assert_str_eq(text, "/usr\n0027\n33\n");
}
END_TEST

START_TEST(nice_is_added)
{
	struct run_start *run = end_run("nice", 1);
	int own = getpriority(PRIO_PROCESS, 0);

	run->nice = 3;
	ck_assert_int_eq(run_to_the_end(run), 0);
	ck_assert_int_eq(atoi(text), own + 3 > 19 ? 19 : own + 3);
}
END_TEST

/* Where there is such a thing. */
START_TEST(nice_is_its_sessions_too)
{
	struct run_start *run = end_run("cat /proc/self/autogroup", 1);
	const char *said;

	run->nice = 3;
	ck_assert_int_eq(run_to_the_end(run), 0);
	said = strstr(text, " nice ");
	ck_assert(said == NULL ? access("/proc/self/autogroup", R_OK) != 0 : strcmp(said, " nice 3\n") == 0);
}
END_TEST

START_TEST(signals_mean_what_they_always_do)
{
	signal(SIGTERM, SIG_IGN);
	ck_assert_int_eq(run_to_the_end(end_run("kill -TERM $$; echo still here", 1)), 0);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(it_becomes_its_user)
{
	static uint32_t groups[] = {65534};
	static const struct account nobody = {65534, 65534, groups, 1};
	struct run_start *run = end_run("id -u; id -G", 1);

	run->as = &nobody;
	ck_assert_int_eq(run_to_the_end(run), 0);
	ck_assert_str_eq(text, "65534\n65534\n");
}
END_TEST

START_TEST(what_fails_is_told_in_words)
{
	struct run_start *run = end_run("echo never", 1);

	run->directory = (char *)(uintptr_t) "/nonexistent";
	ck_assert_int_eq(run_to_the_end(run), ENOENT);
	ck_assert_str_eq(text, "hookspool: can't enter the directory '/nonexistent': No such file or directory\n");
	run->directory = (char *)(uintptr_t) "/";
	run->arguments[0] = (char *)(uintptr_t) "/nonexistent/hook";
	ck_assert_int_eq(run_to_the_end(run), ENOENT);
	ck_assert_str_eq(text, "hookspool: can't run '/nonexistent/hook': No such file or directory\n");
	run->arguments[0] = (char *)(uintptr_t) "/etc/passwd";
	ck_assert_int_eq(run_to_the_end(run), EACCES);
}
END_TEST

START_TEST(a_limit_that_can_not_be_set_is_told)
{
	struct run_start *run = end_run("echo never", 1);

	run->nlimits = 1;
	run->limits[0].resource = RLIMIT_NOFILE; /* the kernel has a greatest, for root, too */
	run->limits[0].value = 1ull << 50;
	ck_assert_int_eq(run_to_the_end(run), EPERM);
	ck_assert_str_eq(text, "hookspool: can't set resource limit 7 to 1125899906842624: Operation not permitted\n");
}
END_TEST

static int
as_somebody(struct run_start *run, uid_t uid)
{
	ck_assert_int_eq(seteuid(uid), 0);
	return run_to_the_end(run);
}

START_TEST(who_is_not_root_can_be_nobody_else)
{
	static const struct account root = {0, 0, NULL, 0};
	struct run_start *run = end_run("echo never", 1);

	run->as = &root;
	ck_assert_int_eq(as_somebody(run, 65534), EPERM);
	ck_assert_str_eq(text, "hookspool: can't become user 0, group 0: Operation not permitted\n");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hook");
	TCase *tc = tcase_create("hook");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, end_set_up, end_tear_down);
	tcase_add_test(tc, its_environment_is_the_given_one_and_nothing_else);
	tcase_add_test(tc, its_input_is_the_body);
	tcase_add_test(tc, it_has_no_other_descriptor);
	tcase_add_test(tc, it_is_in_a_session_of_its_own);
	tcase_add_test(tc, directory_umask_and_limits_are_as_asked_for);
	tcase_add_test(tc, nice_is_added);
	if (geteuid() == 0) /* others may set it but now and then */
		tcase_add_test(tc, nice_is_its_sessions_too);
	tcase_add_test(tc, signals_mean_what_they_always_do);
	if (geteuid() == 0) /* who is not root can be nobody else */
		tcase_add_test(tc, it_becomes_its_user);
	tcase_add_test(tc, what_fails_is_told_in_words);
	tcase_add_test(tc, a_limit_that_can_not_be_set_is_told);
	if (geteuid() == 0)
		tcase_add_test(tc, who_is_not_root_can_be_nobody_else);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
