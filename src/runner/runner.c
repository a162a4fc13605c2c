/*
 * The runner: starts hooks when told to, watches them, tells how they ended.  It knows nothing of events or spools, and believes
 * nothing: a message that is not understood is logged and left.
 */
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

#include "runner.h"

#include "../lib/clock.h"
#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "../protocol/run.h"
#include "keeper.h"
#include "line_log.h"
#include "output.h"
#include "pool.h"
#include "programs.h"
#include "reports.h"

#define READ_TURN (64u << 10) /* bytes of one stream per turn of the loop, so that no hook takes it all */
#define MESSAGES_TURN 32

struct runner;

struct child;

struct stream {
	struct child *child;
	int fd;
	struct event *event;
	struct output kept;
	struct line_log log;
};

/* A run: its keeper is this process's child. */
struct child {
	struct child *next;
	struct runner *runner;
	uint64_t token, started_ms;
	pid_t keeper, hook; /* HOOK 0: not known yet */
	int notes;
	struct event *noted;
	bool ended;		 /* the keeper has told how */
	struct keeper_note note; /* … so */
	struct stream out, err;
	char *label;
	bool followed;
	uint64_t missed; /* bytes that the socket had no room for */
};

struct runner {
	const struct runner_setup *setup;
	int socket;
	struct event_base *base;
	struct event *readable, *child_ended;
	struct reports *reports;
	struct child *children;
	struct workers *workers;
	struct programs *programs; /* NULL: whatever the spooler says */
	unsigned in_hand;	   /* runs that have no report yet */
	bool stopping;		   /* the spooler is gone */
	unsigned char message[RUN_MESSAGE_MAX];
};

static void
stream_close(struct stream *stream)
{
	if (stream->event != NULL)
		event_free(stream->event);
	if (stream->fd != -1)
		close(stream->fd);
	stream->event = NULL;
	stream->fd = -1;
}

/* To those who follow; the hook does not wait for them.  Returns the bytes that they have missed now. */
static uint64_t
send_output(void *context, const struct run_output *output)
{
	struct runner *runner = context;
	size_t n = run_encode_output(output, runner->message);

	return reports_try(runner->reports, runner->message, n) ? 0 : output->missed + output->len;
}

static void
tell_output(struct stream *stream, const char *bytes, size_t len)
{
	struct child *child = stream->child;

	child->missed = send_output(child->runner,
	    &(struct run_output){child->token, child->missed, stream == &child->err, bytes, (uint32_t)len});
}

/* Read what is there, up to a bound.  Returns false at the end of the stream. */
static bool
drain(struct stream *stream, size_t bound)
{
	char bytes[16384];

	for (size_t total = 0; total < bound;) {
		ssize_t n = read(stream->fd, bytes, sizeof bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK;
		if (n == 0)
			return false;
		output_add(&stream->kept, bytes, (size_t)n);
		line_log_add(&stream->log, bytes, (size_t)n);
		if (stream->child->followed)
			tell_output(stream, bytes, (size_t)n);
		total += (size_t)n;
	}
	return true;
}

static void
on_output(evutil_socket_t fd, short what, void *argument)
{
	struct stream *stream = argument;

	(void)fd;
	(void)what;
	if (!drain(stream, READ_TURN))
		stream_close(stream); /* a closed output is not the end: the process goes on */
}

static void
child_free(struct child *child)
{
	stream_close(&child->out);
	stream_close(&child->err);
	if (child->noted != NULL)
		event_free(child->noted);
	if (child->notes != -1)
		close(child->notes);
	free(child->label);
	free(child);
}

static void
report(struct runner *runner, struct child *child, struct run_report *r)
{
	char out[RUN_OUTPUT_MAX], err[RUN_OUTPUT_MAX];

	r->token = child->token;
	r->out = out;
	r->err = err;
	r->out_len = output_kept(&child->out.kept, out);
	r->err_len = output_kept(&child->err.kept, err);
	r->out_total = child->out.kept.total;
	r->err_total = child->err.kept.total;
	reports_send(runner->reports, runner->message, run_encode_report(r, runner->message));
}

/* What the keeper tells, in order. */
static void
take_notes(struct child *child)
{
	struct keeper_note note;

	while (read(child->notes, &note, sizeof note) == sizeof note) {
		if (note.word == KEEPER_ENDED) {
			child->ended = true;
			child->note = note;
		} else if (child->hook == 0) {
			child->hook = note.pid;
		}
	}
}

static void
on_note(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	take_notes(argument);
}

/* Its keeper is gone: whatever it had to tell is in the pipe. */
static void
finish(struct runner *runner, struct child *child, int status)
{
	struct run_report r = {.started_ms = child->started_ms, .ended_ms = clock_wall_ms()};

	take_notes(child);
	if (child->ended) {
		r = (struct run_report){.end = child->note.end,
		    .code = child->note.code,
		    .started_ms = child->note.started_ms,
		    .ended_ms = child->note.ended_ms,
		    .cpu_us = child->note.cpu_us,
		    .memory_kib = child->note.memory_kib};
	} else {
		/* Somebody has killed it; the hook went with it (PR_SET_PDEATHSIG), its group may not have. */
		r.end = WIFSIGNALED(status) ? RUN_SIGNALED : RUN_FAILED;
		r.code = WIFSIGNALED(status) ? WTERMSIG(status) : ECHILD;
		if (child->hook > 0)
			kill(-child->hook, SIGKILL);
	}
	/* What is still in the pipes; whoever else holds them is not waited for. */
	if (child->out.fd != -1)
		drain(&child->out, 16 * READ_TURN);
	if (child->err.fd != -1)
		drain(&child->err, 16 * READ_TURN);
	line_log_end(&child->out.log);
	line_log_end(&child->err.log);
	report(runner, child, &r);
	runner->in_hand--;
	child_free(child);
}

static void
leave_when_done(struct runner *runner)
{
	if (runner->stopping && runner->children == NULL && !workers_any(runner->workers))
		event_base_loopbreak(runner->base);
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
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child **at = &runner->children, *child;

		while (*at != NULL && (*at)->keeper != pid)
			at = &(*at)->next;
		if ((child = *at) == NULL) {
			workers_reaped(runner->workers, pid, status);
		} else {
			*at = child->next;
			finish(runner, child, status);
		}
	}
	leave_when_done(runner);
}

static int
watch(struct runner *runner, struct stream *stream, int fd, uint32_t max)
{
	stream->fd = fd;
	output_init(&stream->kept, max);
	stream->event = event_new(runner->base, fd, EV_READ | EV_PERSIST, on_output, stream);
	return stream->event == NULL ? -1 : event_add(stream->event, NULL);
}

static void
start_failed(struct runner *runner, struct child *child, int why)
{
	struct run_report r = {
	    .end = RUN_FAILED, .code = why, .started_ms = child->started_ms, .ended_ms = clock_wall_ms()};

	report(runner, child, &r);
	child_free(child);
}

static struct child *
child_new(struct runner *runner, const struct run_request *request)
{
	struct child *child = calloc(1, sizeof *child);

	if (child == NULL || (child->label = strdup(request->label)) == NULL) {
		log_error("runner: out of memory");
		_exit(EXIT_FAILURE);
	}
	child->out.fd = child->err.fd = child->notes = -1;
	child->out.child = child->err.child = child;
	child->runner = runner;
	child->token = request->token;
	child->started_ms = clock_wall_ms();
	if (request->log_output) {
		child->out.log.label = child->err.log.label = child->label;
		child->out.log.stream = "stdout";
		child->err.log.stream = "stderr";
	}
	return child;
}

static void
start(struct runner *runner, const struct run_request *request, int body)
{
	struct child *child = child_new(runner, request);
	struct keeper keeper;

	if (keeper_start(request, body, runner->setup->lock, &keeper) != 0) {
		start_failed(runner, child, errno);
		return;
	}
	runner->in_hand++;
	child->keeper = keeper.pid;
	child->notes = keeper.notes;
	child->next = runner->children;
	runner->children = child;
	if (watch(runner, &child->out, keeper.out, request->output_max) != 0 ||
	    watch(runner, &child->err, keeper.err, request->output_max) != 0 ||
	    (child->noted = event_new(runner->base, keeper.notes, EV_READ, on_note, child)) == NULL ||
	    event_add(child->noted, NULL) != 0) {
		log_error("runner: out of memory");
		_exit(EXIT_FAILURE);
	}
}

/* The spooler is gone: nobody must be left behind. */
static void
stop(struct runner *runner)
{
	runner->stopping = true;
	event_del(runner->readable);
	reports_stop(runner->reports);
	for (struct child *child = runner->children; child != NULL; child = child->next)
		kill(child->keeper, SIGTERM);
	workers_stop(runner->workers);
	leave_when_done(runner);
}

/* Somebody wants to see what a run prints: first what is kept of it. */
static void
follow(struct runner *runner, uint64_t token)
{
	char kept[RUN_OUTPUT_MAX];

	for (struct child *child = runner->children; child != NULL; child = child->next)
		if (child->token == token && !child->followed) {
			child->followed = true;
			tell_output(&child->out, kept, output_kept(&child->out.kept, kept));
			tell_output(&child->err, kept, output_kept(&child->err.kept, kept));
		}
	workers_follow(runner->workers, token);
}

static void
worker_answered(void *context, const struct run_report *r)
{
	struct runner *runner = context;

	runner->in_hand--;
	reports_send(runner->reports, runner->message, run_encode_report(r, runner->message));
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

/* A request that was understood; takes BODY. */
static void
take_run(struct runner *runner, const struct run_request *request, size_t len, int body)
{
	if (runner->in_hand >= RUN_RUNS_MAX) {
		start_failed(runner, child_new(runner, request), EAGAIN);
	} else if (runner->programs != NULL && !programs_have(runner->programs, request)) {
		log_flood(LOG_FLOOD_ERROR, "runner", "program",
		    "runner: %s: '%s' is no hook's command in the configuration as this process reads it",
		    request->label, request->arguments[0]);
		start_failed(runner, child_new(runner, request), EPERM);
	} else if (request->worker) {
		runner->in_hand++;
		workers_run(runner->workers, runner->message, len, body);
		return;
	} else {
		start(runner, request, body);
	}
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
	struct run_request request;
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
	    run_decode_request(&request, runner->message, (size_t)n, runner->setup->identities) != 0) {
		log_flood(LOG_FLOOD_ERROR, "runner", "message",
		    "runner: a message was not understood, or asks for what no configuration can");
	} else {
		take_run(runner, &request, (size_t)n, body);
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

int
runner_main(const struct runner_setup *setup)
{
	struct runner runner = {.setup = setup, .socket = setup->socket};
	int socket = setup->socket;
	sigset_t signals;

	/* The spooler decides when hooks end; a signal to the whole group must not. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigprocmask(SIG_SETMASK, &signals, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	log_stay(); /* hooks' users may not open it: the spooler hands it over */
	fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
	if ((setup->conf != NULL && (runner.programs = programs_new(setup->conf)) == NULL) ||
	    (runner.base = event_base_new()) == NULL ||
	    (runner.workers = workers_new(&(struct workers_setup){
		 runner.base, setup->lock, setup->identities, &runner, worker_answered, send_output})) == NULL ||
	    (runner.readable = event_new(runner.base, socket, EV_READ | EV_PERSIST, on_readable, &runner)) == NULL ||
	    (runner.reports = reports_new(runner.base, socket)) == NULL ||
	    (runner.child_ended = evsignal_new(runner.base, SIGCHLD, on_child_ended, &runner)) == NULL ||
	    event_add(runner.readable, NULL) != 0 || event_add(runner.child_ended, NULL) != 0) {
		log_error("runner: can't start: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	event_base_dispatch(runner.base);
	workers_free(runner.workers);
	programs_free(runner.programs);
	event_free(runner.readable);
	reports_free(runner.reports);
	event_free(runner.child_ended);
	event_base_free(runner.base);
	close(socket);
	return EXIT_SUCCESS;
}
