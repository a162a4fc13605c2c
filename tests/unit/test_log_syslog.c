/* The system's log: what is sent, and that nobody waits for a daemon that does not read. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../src/lib/log.h"

static char dir[] = "/tmp/test_log_syslog.XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int daemon_end = -1;
static char line[4096];

int __real_connect(int, const struct sockaddr *, socklen_t);
int __wrap_connect(int, const struct sockaddr *, socklen_t);

/* The test is the daemon. */
int
__wrap_connect(int fd, const struct sockaddr *to, socklen_t len)
{
	ck_assert_uint_le(len, sizeof address);
	ck_assert_str_eq(((const struct sockaddr_un *)(const void *)to)->sun_path, "/dev/log");
	return __real_connect(fd, (struct sockaddr *)&address, sizeof address);
}

static void
start_daemon(void)
{
	if (daemon_end != -1)
		close(daemon_end);
	unlink(address.sun_path);
	ck_assert_int_ge(daemon_end = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), 0);
	ck_assert_int_eq(bind(daemon_end, (struct sockaddr *)&address, sizeof address), 0);
}

static void
set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(address.sun_path, sizeof address.sun_path, "%s/log", dir);
	start_daemon();
	ck_assert_int_eq(log_open("testing", "syslog"), 0);
}

static void
tear_down(void)
{
	unlink(address.sun_path);
	rmdir(dir);
}

/* The next line, or "". */
static const char *
heard(void)
{
	ssize_t n = recv(daemon_end, line, sizeof line - 1, MSG_DONTWAIT);

	line[n > 0 ? n : 0] = '\0';
	return line;
}

START_TEST(a_line_has_priority_time_program_and_process)
{
	char tail[64];

	log_error("it was %s", "bad\n");
	snprintf(tail, sizeof tail, " testing[%d]: error: it was bad\\x0a", (int)getpid());
	heard();
	ck_assert_int_eq(strncmp(line, "<27>", 4), 0);
	ck_assert_uint_eq(strlen(line), 4 + strlen("Nov 29 06:30:15") + strlen(tail));
	ck_assert_str_eq(line + strlen(line) - strlen(tail), tail);
	log_warn("careful");
	ck_assert_int_eq(strncmp(heard(), "<28>", 4), 0);
	log_info("fine");
	ck_assert_int_eq(strncmp(heard(), "<30>", 4), 0);
}
END_TEST

START_TEST(a_daemon_that_is_started_anew_is_found)
{
	start_daemon();
	log_info("one");
	ck_assert_ptr_nonnull(strstr(heard(), ": one"));
	close(daemon_end);
	daemon_end = -1;
	unlink(address.sun_path);
	log_info("nobody hears this");
	log_info("nor this");
	start_daemon();
	log_info("two");
	ck_assert_ptr_nonnull(strstr(heard(), ": warning: nobody read this log: 2 lines were lost"));
	ck_assert_ptr_nonnull(strstr(heard(), ": two"));
	ck_assert_str_eq(heard(), "");
}
END_TEST

START_TEST(a_daemon_that_does_not_read_holds_nobody_up)
{
	int sent = 0, told = 0;

	for (; sent < 2000; sent++)
		log_info("line %d", sent);
	while (*heard() != '\0')
		sent--;
	ck_assert_int_gt(sent, 0); /* or it would have waited for ever */
	log_info("once more");
	ck_assert_ptr_nonnull(strstr(heard(), "log: "));
	ck_assert_int_eq(sscanf(strstr(line, "log: "), "log: %d", &told), 1);
	ck_assert_int_eq(told, sent);
	ck_assert_ptr_nonnull(strstr(heard(), ": once more"));
}
END_TEST

START_TEST(what_has_taken_its_descriptor_gets_no_line)
{
	int pair[2], taken = 0;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	for (int fd = STDERR_FILENO + 1; fd < 64; fd++) {
		struct sockaddr_un peer = {.sun_path = ""};
		socklen_t len = sizeof peer;

		if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
		    strcmp(peer.sun_path, address.sun_path) == 0)
			taken += dup2(pair[0], fd) == fd;
	}
	ck_assert_int_eq(taken, 1);
	log_info("whose is it");
	ck_assert_ptr_nonnull(strstr(heard(), "whose is it"));
	ck_assert_int_eq(recv(pair[1], line, sizeof line, 0), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log_syslog");
	TCase *tc = tcase_create("syslog");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_line_has_priority_time_program_and_process);
	tcase_add_test(tc, a_daemon_that_is_started_anew_is_found);
	tcase_add_test(tc, a_daemon_that_does_not_read_holds_nobody_up);
	tcase_add_test(tc, what_has_taken_its_descriptor_gets_no_line);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
