/* Who is adopted, and that nobody of them lives on. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/lib/clock.h"
#include "../../src/runner/adopted.h"

static void
set_up(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	ck_assert(!adopted_any());
}

/* A child in a session of its own, which leaves another in one more. */
static void
leave_two(void)
{
	int ready[2];
	char byte;

	ck_assert_int_eq(pipe(ready), 0);
	if (fork() == 0) {
		setsid();
		if (fork() == 0)
			setsid();
		ck_assert_int_eq(write(ready[1], "", 1), 1);
		for (;;)
			pause();
	}
	ck_assert(read(ready[0], &byte, 1) == 1 && read(ready[0], &byte, 1) == 1);
}

static void
kill_to_the_end(void)
{
	while (adopted_kill())
		continue;
}

START_TEST(all_are_killed)
{
	leave_two();
	ck_assert(adopted_any());
	kill_to_the_end();
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert(!adopted_any());
}
END_TEST

START_TEST(who_is_of_this_session_is_not)
{
	pid_t keeper = fork();

	if (keeper == 0)
		for (;;)
			pause();
	ck_assert(!adopted_any());
	leave_two();
	kill_to_the_end();
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), 0);
	kill(keeper, SIGKILL);
	ck_assert_int_eq(waitpid(-1, NULL, 0), keeper);
}
END_TEST

/* Each forks its successor, which goes into a session of its own, and ends. */
static void __attribute__((noreturn)) be_chain(void)
{
	uint64_t until = clock_monotonic_ms() + 20000;

	while (clock_monotonic_ms() < until) {
		setsid();
		if (fork() != 0)
			_exit(0);
	}
	_exit(0);
}

START_TEST(who_makes_way_for_another_again_and_again_is_killed)
{
	pid_t first = fork();

	if (first == 0)
		be_chain();
	ck_assert_int_eq(waitpid(first, NULL, 0), first);
	kill_to_the_end();
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("adopted");
	TCase *tc = tcase_create("adopted");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, all_are_killed);
	tcase_add_test(tc, who_is_of_this_session_is_not);
	tcase_add_test(tc, who_makes_way_for_another_again_and_again_is_killed);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
