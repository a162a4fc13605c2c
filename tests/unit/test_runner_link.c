/* The runner's link: a socket pair, of which the test has the runner's end. */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/log.h"
#include "../../src/protocol/event.h"
#include "../../src/protocol/run.h"
#include "../../src/spooler/followers.h"
#include "../../src/spooler/launch.h"
#include "../../src/spooler/runner_link.h"
#include "runner_end.h"

static struct event_base *base;
static struct followers *followers;
static struct runner_link *runners_link;
static int runner;
static unsigned char message[RUN_MESSAGE_MAX];
static uint64_t ended[8];
static size_t n;

static void
on_ended(void *context, const struct run_report *report)
{
	ck_assert_ptr_eq(context, &base);
	ended[n++] = report->token;
}

static void
set_up(void)
{
	struct runner_link_owner owner = {.context = &base, .ended = on_ended};
	int pair[2];

	log_open("test", "/dev/null");
	ck_assert_ptr_nonnull(base = event_base_new());
	ck_assert_ptr_nonnull(owner.followers = followers = followers_new());
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	runner = pair[1];
	ck_assert_ptr_nonnull(runners_link = runner_link_new(base, pair[0], &owner));
}

static void
tear_down(void)
{
	runner_link_free(runners_link);
	followers_free(followers);
	event_base_free(base);
	close(runner);
}

static void
say(size_t len)
{
	ck_assert_int_eq(send(runner, message, len, 0), (ssize_t)len);
}

static void
say_ended(uint64_t token)
{
	const struct run_report report = {.token = token, .end = RUN_EXITED, .out = "", .err = ""};

	say(run_encode_report(&report, message));
}

static void
loop(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
}

/* The next message to the runner, and the descriptor that comes with it, or -1. */
static size_t
heard(int *fd)
{
	size_t len = runner_end_receive(runner, message, fd);

	ck_assert_uint_gt(len, 0);
	return len;
}

static int
start(void)
{
	static char *command[] = {(char *)"/bin/hook", NULL};
	static struct hook hook = {.title = (char *)"*", .command = command, .timeout_ms = 1000};
	static struct source source = {.name = (char *)"s"};
	struct event event = {.kind = EVENT_ACCEPTED, .body = "body", .body_len = 4};

	for (int i = 0; i < EVENT_TEXTS; i++)
		event.text[i] = "";
	return runner_link_start(runners_link,
	    &(struct launch){.token = 7, .number = 1, .attempt = 1, .source = &source, .hook = &hook, .event = &event});
}

START_TEST(a_run_is_started_with_its_body)
{
	struct account same = {.uid = ACCOUNT_SAME};
	static struct run_start run;
	char bytes[8];
	size_t len;
	int fd;

	ck_assert_int_eq(start(), 0);
	len = heard(&fd);
	ck_assert_int_eq(run_decode_start(&run, message, len, &(struct accounts){&same, 1}), 0);
	ck_assert_uint_eq(run.token, 7);
	ck_assert_int_eq(read(fd, bytes, sizeof bytes), 4);
	ck_assert_mem_eq(bytes, "body", 4);
	close(fd);
}
END_TEST

START_TEST(a_runner_that_does_not_read_has_enough_to_do)
{
	int tries = 0, before = dup(0), after;

	close(before);
	while (start() == 0)
		ck_assert_int_lt(++tries, 100000);
	ck_assert(errno == EAGAIN || errno == ENOBUFS);
	after = dup(0);
	ck_assert_int_eq(after, before); /* no body is left open here */
	close(after);
}
END_TEST

/* What was to be started has not failed: nothing may go on that would say so. */
START_TEST(a_start_that_finds_the_runner_gone_ends_the_process)
{
	close(runner);
	start();
	_exit(0);
}
END_TEST

START_TEST(each_report_is_told_once)
{
	say_ended(1);
	say_ended(2);
	loop();
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(ended[0], 1);
	ck_assert_uint_eq(ended[1], 2);
}
END_TEST

START_TEST(what_is_not_understood_is_passed_over)
{
	memset(message, 0xff, 64);
	say(64);
	say(1);
	say_ended(3);
	loop();
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(ended[0], 3);
}
END_TEST

START_TEST(the_runner_is_told_whom_to_follow_and_where_to_log)
{
	uint64_t token;
	size_t len;
	int fd;

	ck_assert_int_eq(runner_link_follow(runners_link, 5), 0);
	len = heard(&fd);
	ck_assert_int_eq(run_decode_follow(&token, message, len), 0);
	ck_assert_uint_eq(token, 5);
	ck_assert_int_eq(runner_link_log(runners_link, STDERR_FILENO), 0);
	len = heard(&fd);
	ck_assert_int_eq(run_decode_log(message, len), 0);
	ck_assert_int_ne(fd, -1);
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("runner_link");
	TCase *messages = tcase_create("messages");
	SRunner *suite_runner;
	int failed;

	tcase_add_checked_fixture(messages, set_up, tear_down);
	tcase_add_test(messages, a_run_is_started_with_its_body);
	tcase_add_test(messages, a_runner_that_does_not_read_has_enough_to_do);
	tcase_add_exit_test(messages, a_start_that_finds_the_runner_gone_ends_the_process, EXIT_FAILURE);
	tcase_add_test(messages, each_report_is_told_once);
	tcase_add_test(messages, what_is_not_understood_is_passed_over);
	tcase_add_test(messages, the_runner_is_told_whom_to_follow_and_where_to_log);
	suite_add_tcase(suite, messages);
	suite_runner = srunner_create(suite);
	srunner_run_all(suite_runner, CK_ENV);
	failed = srunner_ntests_failed(suite_runner);
	srunner_free(suite_runner);
	return failed == 0 ? 0 : 1;
}
