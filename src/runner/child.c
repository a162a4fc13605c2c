/* Processes for one run each.  How the hook ended is its keeper's word; only where that is missing, this process says how the keeper did. */
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../lib/clock.h"
#include "../lib/log.h"
#include "keeper.h"
#include "reports.h"

static struct child *
child_new(const struct means *means, const struct run_start *run)
{
	struct child *child = calloc(1, sizeof *child);

	if (child == NULL || (child->label = strdup(run->label)) == NULL)
		means_exhausted();
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

struct child *
child_start(const struct means *means, const struct run_start *run, int body)
{
	struct child *child = child_new(means, run);
	struct keeper keeper;

	if (keeper_start(run, body, means->lock, &keeper) != 0) {
		int why = errno;

		free(child->label);
		free(child);
		errno = why;
		return NULL;
	}
	child->keeper = keeper.pid;
	log_debug("%s: run %llu: keeper %d", child->label, (unsigned long long)run->token, (int)keeper.pid);
	notes_open(&child->notes, keeper.notes);
	stream_open(&child->out, means, keeper.out, run->output_max);
	stream_open(&child->err, means, keeper.err, run->output_max);
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
	kill(child->keeper, SIGTERM);
}

static struct run_report
how_it_ended(struct child *child, int status)
{
	const struct keeper_note *end = &child->notes.end;

	if (notes_conclude(&child->notes))
		return (struct run_report){.end = end->end,
		    .code = end->code,
		    .started_ms = end->started_ms,
		    .ended_ms = end->ended_ms,
		    .cpu_us = end->cpu_us,
		    .memory_kib = end->memory_kib};
	return (struct run_report){.end = WIFSIGNALED(status) ? RUN_SIGNALED : RUN_FAILED,
	    .code = WIFSIGNALED(status) ? WTERMSIG(status) : ECHILD,
	    .started_ms = child->started_ms,
	    .ended_ms = clock_wall_ms()};
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

void
child_ended(struct child *child, int status)
{
	struct run_report r = how_it_ended(child, status);

	stream_drain(&child->out);
	stream_drain(&child->err);
	line_log_end(&child->out.log);
	line_log_end(&child->err.log);
	report(child, &r);
	log_debug("%s: run %llu: %s %d", child->label, (unsigned long long)r.token, run_end_word(r.end), r.code);
	stream_close(&child->out);
	stream_close(&child->err);
	notes_close(&child->notes);
	free(child->label);
	free(child);
}
