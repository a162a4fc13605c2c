/* A runner whose spooler was taken over: messages by hand over its socket. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/clock.h"
#include "../../src/lib/log.h"
#include "../../src/protocol/run.h"
#include "../../src/runner/runner.h"

#define NOBODY 65534

static char *command[] = {(char *)"/usr/bin/id", (char *)"-G", NULL};
static uint32_t groups[] = {NOBODY};
static struct hook hooks[] = {{.title = (char *)"*", .command = command, .as = {NOBODY, NOBODY, groups, 1}}};
static struct source sources[] = {{.name = (char *)"s", .hooks = hooks, .nhooks = 1}};
static struct conf conf = {.file = (char *)"/nonexistent", .sources = sources, .nsources = 1};
static struct account accounts[] = {{NOBODY, NOBODY, groups, 1}};
static const struct accounts table = {accounts, 1};
static unsigned char message[RUN_MESSAGE_MAX];
static struct run_start run;
static struct run_report report;
static pid_t runner;
static int end;
static bool sealed = true; /* the bodies that are sent */

static void
set_up(void)
{
	int pair[2];

	log_open("test_runner", "/dev/null");
	if (geteuid() != 0) /* who can be nobody else */
		accounts[0].uid = hooks[0].as.uid = ACCOUNT_SAME;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	if ((runner = fork()) == 0) {
		const struct runner_setup setup = {.socket = pair[1], .lock = -1, .conf = &conf, .accounts = &table};

		close(pair[0]);
		_exit(runner_main(&setup));
	}
	close(pair[1]);
	end = pair[0];
	run = (struct run_start){.token = 1,
	    .timeout_ms = 10000,
	    .output_max = 4096,
	    .arguments = {command[0], command[1]},
	    .variables = {(char *)(uintptr_t)RUN_PATH},
	    .directory = (char *)(uintptr_t) "/",
	    .label = (char *)(uintptr_t) "event 1: s/*"};
}

static void
tear_down(void)
{
	int status;

	close(end);
	ck_assert_int_eq(waitpid(runner, &status, 0), runner);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
send_start(void)
{
	struct iovec piece = {message, run_encode_start(&run, message)};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.room = {0}};
	struct msghdr m = {
	    .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int body = memfd_create("body", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (sealed)
		ck_assert_int_eq(fcntl(body, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), 0);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof body);
	memcpy(CMSG_DATA(c), &body, sizeof body);
	ck_assert_int_gt(sendmsg(end, &m, MSG_NOSIGNAL), 0);
	close(body);
}

/* The next report. */
static void
wait_for_report(void)
{
	for (;;) {
		ssize_t n = recv(end, message, sizeof message, 0);

		ck_assert_int_gt(n, 0);
		if (run_decode_report(&report, message, (size_t)n) == 0)
			return;
	}
}

START_TEST(the_configured_hook_runs_as_its_user_and_groups)
{
	send_start();
	wait_for_report();
	ck_assert_uint_eq(report.token, 1);
	ck_assert_int_eq(report.end, RUN_EXITED);
	ck_assert_int_eq(report.code, 0);
	if (geteuid() == 0)
		ck_assert_msg(report.out_len == 6 && memcmp(report.out, "65534\n", 6) == 0, "groups %.*s",
		    (int)report.out_len, report.out);
}
END_TEST

START_TEST(another_program_is_not_run)
{
	run.arguments[0] = (char *)(uintptr_t) "/bin/echo";
	send_start();
	wait_for_report();
	ck_assert_int_eq(report.end, RUN_FAILED);
	ck_assert_int_eq(report.code, EPERM);
	ck_assert_uint_eq(report.out_total, 0);
}
END_TEST

/* A message that is refused gets no report: the next one, which is right, is the first to be answered. */
static void
is_refused(void)
{
	send_start();
	run.account = 0;
	run.variables[0] = (char *)(uintptr_t)RUN_PATH;
	run.nice = 0;
	run.token = 2;
	send_start();
	wait_for_report();
	ck_assert_uint_eq(report.token, 2);
	ck_assert_int_eq(report.end, RUN_EXITED);
}

START_TEST(nobody_outside_of_the_table_is_run_as)
{
	run.account = 1;
	is_refused();
}
END_TEST

START_TEST(a_body_that_can_still_change_is_refused)
{
	sealed = false;
	send_start();
	sealed = true;
	run.token = 2;
	send_start();
	wait_for_report();
	ck_assert_uint_eq(report.token, 2);
}
END_TEST

START_TEST(no_library_is_loaded_before_it)
{
	run.variables[0] = (char *)(uintptr_t) "LD_PRELOAD=/tmp/x.so";
	is_refused();
}
END_TEST

START_TEST(what_has_just_begun_ends_with_the_spooler)
{
	static char *sleeps[] = {(char *)"/bin/sleep", (char *)"60", NULL};

	hooks[0].command = sleeps;
	for (int i = 0; i < 20; i++) {
		uint64_t begun = clock_monotonic_ms();

		tear_down();
		set_up(); /* its runner knows the command */
		run.arguments[0] = sleeps[0];
		run.arguments[1] = sleeps[1];
		send_start();
		tear_down();
		ck_assert_uint_lt(clock_monotonic_ms() - begun, run.timeout_ms / 2);
		set_up();
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("runner");
	TCase *tc = tcase_create("messages by hand");
	SRunner *runs;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_configured_hook_runs_as_its_user_and_groups);
	tcase_add_test(tc, another_program_is_not_run);
	tcase_add_test(tc, nobody_outside_of_the_table_is_run_as);
	tcase_add_test(tc, a_body_that_can_still_change_is_refused);
	tcase_add_test(tc, no_library_is_loaded_before_it);
	tcase_add_test(tc, what_has_just_begun_ends_with_the_spooler);
	runs = srunner_create(suite);
	srunner_run_all(runs, CK_ENV);
	failed = srunner_ntests_failed(runs);
	srunner_free(runs);
	return failed == 0 ? 0 : 1;
}
