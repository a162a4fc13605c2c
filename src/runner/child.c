/* Processes for one run each.  How the hook ended is its keeper's word; only where that is missing, this process says how the keeper did. */
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../lib/clock.h"
#include "../lib/log.h"
#include "pipes.h"
#include "means.h"
#include "reports.h"

static struct child *
child_new(const struct means *means, const struct run_start *run)
{
	struct child *child = malloc(sizeof *child); /* most of it is room for output */

	if (child == NULL || (child->label = strdup(run->label)) == NULL)
		means_exhausted();
	stream_init(&child->out);
	stream_init(&child->err);
	child->audience = (struct audience){0};
	child->means = means;
	child->started_ms = clock_wall_ms();
	child->audience.token = run->token;
	child->out.audience = child->err.audience = &child->audience;
	child->err.is_error = true;
	if (run->log_output) {
		child->out.log.label = child->err.log.label = child->label;
		child->out.log.stream = "stdout";
		child->err.log.stream = "stderr";
	}
	return child;
}

void
child_follow(struct child *child)
{
	if (child->audience.listens)
		return;
	child->audience.listens = true;
	stream_tell_kept(&child->out);
	stream_tell_kept(&child->err);
}

void
child_kill(const struct child *child)
{
	kept_end(child->kept);
}

/* Without a note: its keeper was killed, or, before the hook began, could not be one; the former says nothing about the hook. */
static struct run_report
how_it_ended(const struct child *child, const struct keeper_note *note, int status, bool begun)
{
	struct run_report r = {.started_ms = child->started_ms, .ended_ms = clock_wall_ms(), .end = RUN_FAILED};

	if (note != NULL)
		return (struct run_report){.end = note->end,
		    .code = note->code,
		    .started_ms = note->started_ms,
		    .ended_ms = note->ended_ms,
		    .cpu_us = note->cpu_us,
		    .memory_kib = note->memory_kib};
	if (begun && WIFSIGNALED(status))
		r.end = RUN_SIGNALED;
	if (WIFSIGNALED(status))
		r.code = begun ? WTERMSIG(status) : EAGAIN;
	else
		r.code = !begun && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : ECHILD; /* an errno: see keeper.c */
	return r;
}

static void
report(struct child *child, struct run_report *r)
{
	char out[RUN_OUTPUT_MAX], err[RUN_OUTPUT_MAX];

	r->token = child->audience.token;
	r->out = out;
	r->err = err;
	r->out_len = output_kept(&child->out.kept, out);
	r->err_len = output_kept(&child->err.kept, err);
	r->out_total = child->out.kept.total;
	r->err_total = child->err.kept.total;
	r->missed = child->audience.missed;
	reports_ended(child->means->reports, r);
}

static void
child_free(struct child *child)
{
	stream_close(&child->out);
	stream_close(&child->err);
	free(child->label);
	free(child);
}

static void
enter(struct child *child, struct child_owner *owner)
{
	child->owner = owner;
	child->next = owner->first;
	child->self = &owner->first;
	if (child->next != NULL)
		child->next->self = &child->next;
	owner->first = child;
}

static void
leave(struct child *child)
{
	*child->self = child->next;
	if (child->next != NULL)
		child->next->self = child->self;
}

static void
on_ended(void *context, const struct keeper_note *note, int status, bool begun)
{
	struct child *child = context;
	struct child_owner *owner = child->owner;
	struct run_report r = how_it_ended(child, note, status, begun);

	stream_drain(&child->out);
	stream_drain(&child->err);
	line_log_end(&child->out.log);
	line_log_end(&child->err.log);
	report(child, &r);
	log_debug("%s: run %llu: %s %d", child->label, (unsigned long long)r.token, run_end_word(r.end), r.code);
	leave(child);
	child_free(child);
	owner->gone(owner->context);
}

int
child_start(struct child_owner *owner, const struct means *means, const struct run_start *run, int body)
{
	struct child *child;
	struct pipes pipes;
	int why;

	if (pipes_open(&pipes, body) != 0)
		return -1;
	child = child_new(means, run);
	child->kept = keepers_run(means->keepers, run, &pipes.hook, &(struct kept_owner){child, on_ended});
	if (child->kept == NULL) {
		why = errno;
		pipes_close(&pipes);
		child_free(child);
		errno = why;
		return -1;
	}
	log_debug(
	    "%s: run %llu: keeper %d", child->label, (unsigned long long)run->token, (int)kept_keeper(child->kept));
	pipes_close_hooks(&pipes);
	stream_open(&child->out, means, pipes.out, run->output_max);
	stream_open(&child->err, means, pipes.err, run->output_max);
	enter(child, owner);
	return 0;
}
