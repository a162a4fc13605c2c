/*
 * The runner: starts hooks when told to, watches them, tells how they ended.  It knows nothing of events or spools, and believes
 * nothing: a message that is not understood is logged and left.
 */
#include "runner.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "../protocol/run.h"
#include "adopted.h"
#include "reaper.h"
#include "child.h"
#include "keepers.h"
#include "means.h"
#include "pool.h"
#include "programs.h"
#include "reports.h"

#define MESSAGES_TURN 32
#define KEEPER_IDLE_MS 10000	/* beyond the pause between two runs of what runs often */
#define KEEPER_PATIENCE_MS 5000 /* more than one takes with what it can't kill (watch.c), on a busy machine, too */
#define END_PATIENCE_S 2	/* who can't end now, because a file system does not answer, is not waited for */

struct runner {
	int socket;
	struct means means;
	struct event *readable, *child_ended;
	struct keeper_terms terms;
	struct child_owner children;
	struct pool *pool;
	struct programs *programs; /* NULL: whatever the spooler says */
	bool stopping;		   /* the spooler is gone */
	bool reaping;
	bool ending; /* what a killed keeper has left */
	bool
	    worker_leaves; /* one whose orphans are kept was wanted: what it leaves can't be told from what must not live */
	unsigned char message[RUN_MESSAGE_MAX];
};

static void
on_patience(evutil_socket_t fd, short what, void *argument)
{
	const struct runner *runner = argument;

	(void)fd;
	(void)what;
	event_base_loopbreak(runner->means.base);
}

static void
leave_when_done(void *argument)
{
	const struct runner *runner = argument;

	if (runner->reaping || !runner->stopping || runner->children.first != NULL || pool_any(runner->pool))
		return;
	if (!runner->ending)
		event_base_loopbreak(runner->means.base);
	else
		event_base_once(
		    runner->means.base, -1, EV_TIMEOUT, on_patience, argument, &(struct timeval){END_PATIENCE_S, 0});
}

/*
 * What lives on by right can't be told from what should have ended with its keeper, but for what was in the hook's group, which has ended: so if
 * there is any, nobody is ended here.
 */
static void
end_adopted(struct runner *runner)
{
	runner->ending = !runner->worker_leaves && !keepers_leave_any(runner->means.keepers) && adopted_kill();
}

/* Also reaps what became this process's child because its keeper was killed, or may leave something behind. */
static void
on_child_ended(evutil_socket_t number, short what, void *argument)
{
	struct runner *runner = argument;
	int status;
	pid_t pid;

	(void)number;
	(void)what;
	runner->reaping = true; /* nobody leaves before all is seen */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (!keepers_reaped(runner->means.keepers, pid, status) && !pool_reaped(runner->pool, pid, status))
			keepers_leave_any(runner->means.keepers); /* it may have been the last */
		else if (WIFSIGNALED(status))
			runner->ending = true;
	}
	if (runner->ending)
		end_adopted(runner);
	runner->reaping = false;
	leave_when_done(runner);
}

/* The spooler is gone: nobody must be left behind. */
static void
stop(struct runner *runner)
{
	runner->stopping = true;
	event_del(runner->readable);
	reports_stop(runner->means.reports);
	for (struct child *child = runner->children.first; child != NULL; child = child->next)
		child_kill(child);
	keepers_stop(runner->means.keepers);
	pool_stop(runner->pool);
	leave_when_done(runner);
}

/* Somebody wants to see what a run prints. */
static void
follow(struct runner *runner, uint64_t token)
{
	for (struct child *child = runner->children.first; child != NULL; child = child->next)
		if (child->audience.token == token)
			child_follow(child);
	pool_follow(runner->pool, token);
}

/* The one descriptor that a message brings; others are closed. */
static int
descriptor_of(struct msghdr *m)
{
	int found = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (found == -1)
				found = fd;
			else
				close(fd);
		}
	}
	return found;
}

/* What is mapped, and read more than once, must stay as it is. */
static bool
is_sealed(int body)
{
	int wanted = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, seals = fcntl(body, F_GET_SEALS);

	return seals != -1 && (seals & wanted) == wanted;
}

/* A log is written to without waiting for anybody. */
static bool
is_log(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISCHR(st.st_mode));
}

/* Why a run can't be: an errno, or 0. */
static int
why_not(struct runner *runner, const struct run_start *run)
{
	if (reports_owed(runner->means.reports) >= RUN_RUNS_MAX)
		return EAGAIN;
	if (runner->programs == NULL || programs_have(runner->programs, run))
		return 0;
	log_flood(LOG_FLOOD_ERROR, "runner", "program",
	    "runner: %s: '%s' is no hook's command in the configuration as this process reads it", run->label,
	    run->arguments[0]);
	return EPERM;
}

/* A START that was understood, LEN bytes; takes BODY. */
static void
take_start(struct runner *runner, const struct run_start *run, size_t len, int body)
{
	int why = why_not(runner, run);

	if (run->keep_orphans)
		reaper_spare();
	reports_owe(runner->means.reports);
	if (why == 0 && run->worker) {
		runner->worker_leaves = runner->worker_leaves || run->keep_orphans;
		pool_run(runner->pool, runner->message, len, body);
		return;
	}
	if (why == 0 && child_start(&runner->children, &runner->means, run, body) != 0)
		why = errno;
	if (why != 0)
		reports_failed(runner->means.reports, run->token, why);
	close(body);
}

/* Returns false when there is nothing more to read now. */
static bool
take_message(struct runner *runner)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec piece = {runner->message, sizeof runner->message};
	struct msghdr m = {
	    .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	ssize_t n = recvmsg(runner->socket, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct run_start run;
	uint64_t token;
	int body;

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return false;
	if (n <= 0) {
		stop(runner);
		return false;
	}
	body = descriptor_of(&m);
	if (body == -1 && run_decode_follow(&token, runner->message, (size_t)n) == 0) {
		follow(runner, token);
	} else if (body != -1 && run_decode_log(runner->message, (size_t)n) == 0 && is_log(body)) {
		log_take(body);
	} else if (body == -1 || !is_sealed(body) || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
	    run_decode_start(&run, runner->message, (size_t)n, runner->terms.accounts) != 0) {
		log_flood(LOG_FLOOD_ERROR, "runner", "message",
		    "runner: a message was not understood, or asks for what no configuration can");
	} else {
		take_start(runner, &run, (size_t)n, body);
		return true;
	}
	if (body != -1)
		close(body);
	return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	for (int i = 0; i < MESSAGES_TURN; i++)
		if (!take_message(argument))
			return;
}

/*
 * The spooler decides when hooks end; a signal to the whole group must not.  TERM waits, too: a keeper begins with this mask, and one that is
 * told to end before it listens must hear of it when it does.
 */
static void
settle_signals(void)
{
	sigset_t signals;

	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_SETMASK, &signals, NULL);
}

/* Returns false with errno. */
static bool
set_up(struct runner *runner, const struct conf *conf)
{
	struct means *means = &runner->means;

	return (conf == NULL || (runner->programs = programs_new(conf)) != NULL) &&
	    (means->base = event_base_new()) != NULL &&
	    (means->reports = reports_new(means->base, runner->socket)) != NULL &&
	    (means->keepers = keepers_new(means->base, means->terms)) != NULL &&
	    (runner->pool = pool_new(means)) != NULL &&
	    (runner->readable = event_new(means->base, runner->socket, EV_READ | EV_PERSIST, on_readable, runner)) !=
	    NULL &&
	    (runner->child_ended = evsignal_new(means->base, SIGCHLD, on_child_ended, runner)) != NULL &&
	    event_add(runner->readable, NULL) == 0 && event_add(runner->child_ended, NULL) == 0;
}

int
runner_main(const struct runner_setup *setup)
{
	struct runner runner = {
	    .socket = setup->socket, .terms = {setup->accounts, setup->lock, KEEPER_IDLE_MS, KEEPER_PATIENCE_MS}};

	runner.means.terms = &runner.terms;
	runner.children = (struct child_owner){NULL, &runner, leave_when_done};
	if (reaper_begin(setup->lock) != 0) {
		log_error("runner: can't start: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	settle_signals();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	log_stay(); /* hooks' users may not open it: the spooler hands it over */
	fcntl(runner.socket, F_SETFL, fcntl(runner.socket, F_GETFL) | O_NONBLOCK);
	if (!set_up(&runner, setup->conf)) {
		log_error("runner: can't start: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	event_base_dispatch(runner.means.base);
	pool_free(runner.pool);
	keepers_free(runner.means.keepers);
	programs_free(runner.programs);
	event_free(runner.readable);
	reports_free(runner.means.reports);
	event_free(runner.child_ended);
	event_base_free(runner.means.base);
	close(runner.socket);
	return EXIT_SUCCESS;
}
