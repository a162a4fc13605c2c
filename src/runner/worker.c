/*
 * A worker that does anything but answer its one event with one line is ended, and its event is tried again: after that, nothing it says
 * could be trusted to belong to anything.
 * Its stages are in stage.h; enter() begins each, and nothing else changes them.
 */
#include "worker.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/log.h"
#include "../protocol/worker.h"
#include "keeper.h"
#include "line.h"
#include "means.h"
#include "notes.h"
#include "output.h"
#include "pipes.h"
#include "stage.h"
#include "stream.h"

#define FOREVER_MS (UINT64_MAX / 4) /* the keeper has no time limit for it: each event has one, kept here */
#define CLOSED_MS 200		    /* who ends closes its output a moment before it can be reaped */
#define LAST_READS 64 /* of what a program that has ended has written; who still writes is not waited for */

struct worker {
	const struct worker_owner *owner;
	pid_t keeper; /* 0: reaped */
	int in, out;
	struct event *writable, *answers, *timer;
	struct notes notes;
	struct stream err;
	enum stage stage;
	enum fault fault;    /* STAGE_FAULTY: which */
	struct stat program; /* as it was when this was started */
	uint64_t grace_ms, idle_ms;
	unsigned answered; /* events */

	struct task *task; /* the event in hand, or NULL */
	uint64_t began_ms, cpu_before_us;
	struct line line;
	char answer[ANSWER_MAX + 1];
	size_t answer_len;
	struct output printed;
};

static void
set_timer(struct worker *w, uint64_t ms)
{
	struct timeval delay = clock_delay(ms);

	event_add(w->timer, &delay);
}

/* Processor time of the program so far; 0: not known. */
static uint64_t
cpu_us(struct worker *w)
{
	pid_t pid = notes_hook(&w->notes);
	clockid_t clock;
	struct timespec t;

	if (pid == 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void
close_one(struct event **event, int *fd)
{
	if (*event != NULL)
		event_free(*event);
	*event = NULL;
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

/* What every stage begins with. */
static void
enter(struct worker *w, enum stage stage)
{
	if (!stage_may_follow(w->stage, stage))
		return;
	w->stage = stage;
	switch (stage) {
	case STAGE_NEW:
	case STAGE_ANSWERING: /* in the time that it has for reading, too */
		break;
	case STAGE_IDLE:
		set_timer(w, w->idle_ms);
		break;
	case STAGE_READING:
		set_timer(w, w->task->run.timeout_ms);
		break;
	case STAGE_CLOSED:
		set_timer(w, CLOSED_MS);
		break;
	case STAGE_DISMISSED:
		close_one(&w->writable, &w->in);
		set_timer(w, w->grace_ms);
		break;
	case STAGE_ENDING:
	case STAGE_LATE:
	case STAGE_FAULTY:
		set_timer(w, w->grace_ms + w->owner->means->terms->patience_ms);
		if (w->keeper != 0)
			kill(w->keeper, SIGTERM);
		break;
	}
}

void
worker_dismiss(struct worker *w)
{
	enter(w, STAGE_DISMISSED);
}

void
worker_kill(struct worker *w)
{
	enter(w, STAGE_ENDING);
}

static void
complain(struct worker *w, enum fault fault)
{
	log_warn("%s: worker %d: %s; it is ended", w->task != NULL ? w->task->run.label : "no event",
	    (int)notes_hook(&w->notes), fault_text((int)fault));
	w->fault = fault;
	enter(w, STAGE_FAULTY);
}

/* Report the event in hand to the owner. */
static void
conclude(struct worker *w, struct run_report *r)
{
	char out[RUN_OUTPUT_MAX], err[RUN_OUTPUT_MAX];
	struct task *task = w->task;

	line_log_end(&w->err.log);
	r->token = task->run.token;
	r->started_ms = w->began_ms;
	r->out = out;
	r->err = err;
	r->out_len = output_kept(&w->printed, out);
	r->err_len = output_kept(&w->err.kept, err);
	r->out_total = w->printed.total;
	r->err_total = w->err.kept.total;
	r->missed = task->audience.missed;
	w->task = NULL;
	line_close(&w->line);
	output_init(&w->err.kept, task->run.output_max);
	w->err.log = (struct line_log){0};
	w->err.audience = NULL;
	w->owner->done(w->owner->context, w, task, r);
}

void
worker_follow(struct worker *w, uint64_t token)
{
	if (w->task == NULL || w->task->run.token != token || w->task->audience.listens)
		return;
	w->task->audience.listens = true;
	stream_tell_kept(&w->err);
}

/* Write as much of the line as the pipe takes.  Who refuses it stays STAGE_READING: it is about to end, or its answer is too early. */
static void
feed(struct worker *w)
{
	enum line_progress progress = line_write(&w->line, w->in);

	if (progress == LINE_DONE)
		enter(w, STAGE_ANSWERING);
	else if (progress == LINE_AGAIN)
		event_add(w->writable, NULL);
}

static void
on_writable(evutil_socket_t fd, short what, void *argument)
{
	struct worker *w = argument;

	(void)fd;
	(void)what;
	if (w->task != NULL)
		feed(w);
}

/* The line of LEN bytes is no answer. */
static void
refuse(struct worker *w, size_t len, enum fault fault)
{
	output_add(&w->printed, w->answer, len);
	complain(w, fault);
}

static void
take_answer(struct worker *w, size_t len)
{
	struct answer answer;
	struct run_report r = {.end = RUN_ANSWERED, .ended_ms = clock_wall_ms()};
	enum fault fault = answer_read(&answer, w->answer, len, w->task->run.number);
	uint64_t cpu = cpu_us(w);

	if (fault == FAULT_NONE && w->stage == STAGE_READING)
		fault = FAULT_EARLY;
	stream_drain(&w->err); /* what it wrote there before it answered */
	if (fault != FAULT_NONE) {
		answer_free(&answer);
		refuse(w, len, fault);
		return;
	}
	output_add(&w->printed, answer.message, answer.message_len);
	answer_free(&answer);
	r.code = answer.code;
	r.cpu_us = cpu > w->cpu_before_us ? cpu - w->cpu_before_us : 0;
	w->answered++;
	enter(w, STAGE_IDLE);
	if (w->answer_len > len + 1)
		complain(w, FAULT_UNASKED); /* its event is answered nevertheless */
	w->answer_len = 0;
	conclude(w, &r);
}

/* More of what it says, N bytes. */
static void
take_bytes(struct worker *w, size_t n)
{
	const char *end;

	if (stage_is_last(w->stage)) {
		w->answer_len = 0; /* nobody listens any more */
		return;
	}
	w->answer_len += n;
	if (w->stage == STAGE_IDLE)
		complain(w, FAULT_UNASKED);
	else if ((end = memchr(w->answer, '\n', w->answer_len)) != NULL)
		take_answer(w, (size_t)(end - w->answer));
	else if (w->answer_len == sizeof w->answer)
		refuse(w, w->answer_len, FAULT_LONG);
}

/* Returns whether there was something to read. */
static bool
read_answer(struct worker *w)
{
	ssize_t n = read(w->out, w->answer + w->answer_len, sizeof w->answer - w->answer_len);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return false;
	if (n > 0) {
		take_bytes(w, (size_t)n);
		return true;
	}
	close_one(&w->answers, &w->out); /* mostly by ending */
	enter(w, STAGE_CLOSED);
	return false;
}

static void
on_answer(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	read_answer(argument);
}

static void
on_timer(evutil_socket_t fd, short what, void *argument)
{
	struct worker *w = argument;

	(void)fd;
	(void)what;
	if (w->stage > STAGE_DISMISSED)
		notes_kill(&w->notes);
	else if (w->stage == STAGE_CLOSED)
		complain(w, FAULT_CLOSED);
	else if (w->stage == STAGE_IDLE)
		enter(w, STAGE_DISMISSED);
	else
		enter(w, w->stage == STAGE_DISMISSED ? STAGE_ENDING : STAGE_LATE);
}

/* IN is borrowed.  Returns 0 with this process's ends of PIPES, or -1 with errno and nothing. */
static int
start_with(const struct worker *w, const struct run_start *run, int in, struct pipes *pipes, struct keeper *keeper)
{
	int why;

	if (pipes_open(pipes, in) != 0)
		return -1;
	if (keeper_start(w->owner->means->terms, run, &pipes->hook, keeper) == 0) {
		pipes_close_hooks(pipes);
		return 0;
	}
	why = errno;
	pipes_close(pipes);
	errno = why;
	return -1;
}

/* What each event brings along stays out of the environment: it comes in the line. */
static int
start_keeper(struct worker *w, const struct run_start *run)
{
	struct run_start own = *run;
	struct keeper keeper;
	struct pipes pipes;
	int in[2], why;

	if (pipe2(in, O_CLOEXEC) != 0)
		return -1;
	own.variables[own.fixed] = NULL;
	own.timeout_ms = FOREVER_MS;
	if (start_with(w, &own, in[0], &pipes, &keeper) != 0) {
		why = errno;
		close(in[0]);
		close(in[1]);
		errno = why;
		return -1;
	}
	close(in[0]);
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	w->in = in[1];
	w->keeper = keeper.pid;
	w->out = pipes.out;
	notes_open(&w->notes, &keeper);
	stream_open(&w->err, w->owner->means, pipes.err, run->output_max);
	return 0;
}

static bool
watch(struct worker *w)
{
	struct event_base *base = w->owner->means->base;

	return (w->writable = event_new(base, w->in, EV_WRITE, on_writable, w)) != NULL &&
	    (w->answers = event_new(base, w->out, EV_READ | EV_PERSIST, on_answer, w)) != NULL &&
	    (w->timer = event_new(base, -1, 0, on_timer, w)) != NULL && event_add(w->answers, NULL) == 0;
}

struct worker *
worker_start(const struct worker_owner *owner, const struct run_start *run)
{
	struct worker *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->owner = owner;
	w->in = w->out = -1;
	w->err.is_error = true;
	w->grace_ms = run->grace_ms;
	w->idle_ms = run->idle_ms;
	if (stat(run->arguments[0], &w->program) != 0)
		memset(&w->program, 0, sizeof w->program); /* who may not see it can't see it change */
	if (start_keeper(w, run) != 0) {
		worker_free(w);
		return NULL;
	}
	if (!watch(w))
		means_exhausted();
	return w;
}

pid_t
worker_keeper(const struct worker *w)
{
	return w->keeper;
}

bool
worker_is_idle(const struct worker *w)
{
	return w->stage == STAGE_IDLE;
}

bool
worker_is_current(const struct worker *w, const char *program)
{
	struct stat now;

	return stat(program, &now) != 0 || w->program.st_ino == 0 ||
	    (now.st_dev == w->program.st_dev && now.st_ino == w->program.st_ino &&
		now.st_mtim.tv_sec == w->program.st_mtim.tv_sec && now.st_mtim.tv_nsec == w->program.st_mtim.tv_nsec);
}

void
worker_give(struct worker *w, struct task *task)
{
	w->task = task;
	w->began_ms = clock_wall_ms();
	w->cpu_before_us = w->stage == STAGE_NEW ? 0 : cpu_us(w);
	w->answer_len = 0;
	w->err.audience = &task->audience;
	output_init(&w->printed, task->run.output_max);
	if (task->run.log_output)
		w->err.log = (struct line_log){.label = task->run.label, .stream = "stderr"};
	if (line_open(&w->line, &task->run, task->body) != 0) {
		int why = errno;

		enter(w, STAGE_IDLE);
		conclude(w, &(struct run_report){.end = RUN_FAILED, .code = why, .ended_ms = clock_wall_ms()});
		return;
	}
	enter(w, STAGE_READING);
	feed(w);
}

/* Nothing of the line was read: it all lies in the pipe still, or never got there. */
static bool
is_untouched(const struct worker *w)
{
	int unread = 0;

	return w->answered > 0 && !stage_is_last(w->stage) && ioctl(w->in, FIONREAD, &unread) == 0 &&
	    (size_t)unread == w->line.written;
}

static struct run_report
how_it_ended(const struct worker *w, int status)
{
	struct run_report r = {.end = RUN_SIGNALED, .code = SIGKILL, .ended_ms = clock_wall_ms()};

	if (w->notes.told) {
		r.end = w->notes.end.end == RUN_EXITED ? RUN_QUIT : w->notes.end.end;
		r.code = w->notes.end.code;
		r.cpu_us = w->notes.end.cpu_us > w->cpu_before_us ? w->notes.end.cpu_us - w->cpu_before_us : 0;
		r.memory_kib = w->notes.end.memory_kib;
	} else if (!WIFSIGNALED(status)) {
		r.end = RUN_FAILED;
		r.code = ECHILD;
	}
	if (w->stage == STAGE_LATE) {
		r.end = RUN_TIMEOUT;
	} else if (w->stage == STAGE_FAULTY) {
		r.end = RUN_NONSENSE;
		r.code = (int)w->fault;
	}
	return r;
}

/* TOLD: its keeper said how it ended. */
static bool
left_in_order(const struct worker *w, bool told)
{
	const struct keeper_note *end = &w->notes.end;

	if (!told || end->end == RUN_FAILED || w->stage == STAGE_LATE || w->stage == STAGE_FAULTY)
		return false;
	return stage_is_last(w->stage) || (end->end == RUN_EXITED && end->code == 0);
}

struct task *
worker_ended(struct worker *w, int status, bool *broken)
{
	struct task *untouched = NULL;
	struct run_report r;
	bool told;

	w->keeper = 0;
	for (int i = 0; i < LAST_READS && w->out != -1 && w->task != NULL && read_answer(w); i++)
		continue;
	stream_drain(&w->err);
	told = notes_conclude(&w->notes);
	r = how_it_ended(w, status);
	*broken = !left_in_order(w, told);
	if (w->task != NULL && is_untouched(w)) {
		untouched = w->task;
		w->task = NULL;
	} else if (w->task != NULL) {
		*broken = true;
		conclude(w, &r);
	}
	worker_free(w);
	return untouched;
}

void
worker_free(struct worker *w)
{
	if (w == NULL)
		return;
	close_one(&w->writable, &w->in);
	close_one(&w->answers, &w->out);
	stream_close(&w->err);
	notes_close(&w->notes);
	if (w->timer != NULL)
		event_free(w->timer);
	line_close(&w->line);
	task_free(w->task);
	free(w);
}
