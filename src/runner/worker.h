/*
 * One worker: a hook's program that stays and gets one event after another, hookspool-hook(7).  Its process is a keeper's, as any hook's;
 * here are the line it is fed, its answer, its time, and what becomes of the event when it breaks.
 */
#ifndef HOOKSPOOL_RUNNER_WORKER_H
#define HOOKSPOOL_RUNNER_WORKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "../protocol/run.h"
#include "task.h"

struct means;
struct worker;

/* Who has workers. */
struct worker_owner {
	const struct means *means;
	void *context;
	/* TASK (taken) is done, with this report.  The worker may have become idle. */
	void (*done)(void *context, struct worker *, struct task *, const struct run_report *);
};

/*
 * Start the program of RUN, with the variables that are the same for each event.  OWNER is borrowed.  Returns owned until
 * worker_ended(), or NULL with errno.
 */
struct worker *worker_start(const struct worker_owner *, const struct run_start *);

pid_t worker_keeper(const struct worker *);

/* It waits for an event, and its program is the one that it was started from. */
bool worker_is_idle(const struct worker *);
bool worker_is_current(const struct worker *, const char *program);

/* Give an idle worker an event (takes it). */
void worker_give(struct worker *, struct task *);

/* If it has the run with this TOKEN in hand: from now on tell what it writes to its standard error. */
void worker_follow(struct worker *, uint64_t token);

/* An idle worker is told to leave: its input ends, then, after the grace period, TERM and KILL. */
void worker_dismiss(struct worker *);

/* TERM now, KILL after the grace period. */
void worker_kill(struct worker *);

/*
 * Its keeper has ended with STATUS: conclude and free it.  What it had in hand gets its report, or is returned (owned), when this worker
 * had worked before and has not read a byte of it: another may have it.  BROKEN: it did not leave in order.
 */
struct task *worker_ended(struct worker *, int status, bool *broken);

/* Without any report: the runner ends. */
void worker_free(struct worker *);

#endif
