#include "spooler_end.h"

#include <check.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "../../src/runner/keeper.h"
#include "../../src/runner/keepers.h"
#include "../../src/runner/reports.h"

#define TURN_MS 5

struct means means;
static struct account accounts[] = {{.uid = ACCOUNT_SAME}};
static const struct accounts table = {accounts, 1};
static const struct keeper_terms terms = {&table, -1, 60000, 60000};
static unsigned char message[RUN_MESSAGE_MAX];
static int far, near;

void
end_set_up(void)
{
	int pair[2];

	log_open("test", "/dev/null");
	signal(SIGTERM, SIG_IGN); /* as in the runner */
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	near = pair[0];
	far = pair[1];
	means = (struct means){.base = event_base_new(), .terms = &terms};
	means.reports = reports_new(means.base, near);
	ck_assert_ptr_nonnull(means.reports);
	means.keepers = keepers_new(means.base, &terms);
	ck_assert_ptr_nonnull(means.keepers);
}

void
end_tear_down(void)
{
	keepers_free(means.keepers);
	reports_free(means.reports);
	event_base_free(means.base);
	close(near);
	close(far);
}

struct run_start *
end_run(const char *script, uint64_t number)
{
	static struct run_start run;

	run = (struct run_start){.token = number,
	    .number = number,
	    .timeout_ms = 60000,
	    .grace_ms = 60000,
	    .idle_ms = 60000,
	    .output_max = 4096,
	    .arguments = {(char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)script},
	    .variables = {(char *)(uintptr_t)RUN_PATH},
	    .directory = (char *)(uintptr_t) "/",
	    .label = (char *)(uintptr_t) "event: test",
	    .fixed = 1,
	    .as = &accounts[0]};
	return &run;
}

int
end_body(const char *text, size_t len)
{
	int fd = memfd_create("body", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

void
end_turn(void (*reaped)(pid_t, int status))
{
	int status;
	pid_t pid;

	event_base_loopexit(means.base, &(struct timeval){0, TURN_MS * 1000});
	event_base_loop(means.base, EVLOOP_NO_EXIT_ON_EMPTY);
	if (reaped != NULL && (pid = waitpid(-1, &status, WNOHANG)) > 0)
		reaped(pid, status);
}

bool
end_receive(struct end_message *m)
{
	ssize_t n = recv(far, message, sizeof message, MSG_DONTWAIT);

	memset(m, 0, sizeof *m);
	if (n <= 0)
		return false;
	if (run_decode_report(&m->report, message, (size_t)n) != 0) {
		memset(&m->report, 0, sizeof m->report);
		ck_assert_int_eq(run_decode_output(&m->output, message, (size_t)n), 0);
	}
	return true;
}

struct run_report
end_report(void (*reaped)(pid_t, int status))
{
	struct end_message m;

	do {
		while (!end_receive(&m))
			end_turn(reaped);
	} while (m.report.token == 0);
	return m.report;
}

int
end_answered(void (*reaped)(pid_t, int status))
{
	struct run_report report = end_report(reaped);
	char text[32];

	ck_assert_int_eq(report.end, RUN_ANSWERED);
	snprintf(text, sizeof text, "%.*s", (int)report.out_len, report.out);
	return atoi(text);
}

bool
end_has(const char *bytes, uint32_t len, const char *text)
{
	return len >= strlen(text) && memcmp(bytes, text, strlen(text)) == 0;
}
