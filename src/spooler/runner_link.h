/*
 * The runner's link: the spooler's end of the socket pair, what goes over it to the runner and what comes back: protocol/run.h.
 *
 * When the runner is gone the spooler ends too, with status 1: a new one must be forked before the spool is opened.
 */
#ifndef HOOKSPOOL_RUNNER_LINK_H
#define HOOKSPOOL_RUNNER_LINK_H

#include <stdint.h>

struct event_base;
struct followers;
struct launch;
struct run_report;
struct runner_link;

struct runner_link_owner {
	void *context;
	/* A run has ended, or the runner says so: the token may be none of a run's.  REPORT borrows. */
	void (*ended)(void *context, const struct run_report *);
	struct followers *followers; /* gets what is told of runs that are followed; borrowed */
};

/* SOCKET: taken.  Returns owned, or NULL with errno. */
struct runner_link *runner_link_new(struct event_base *, int socket, const struct runner_link_owner *);
void runner_link_free(struct runner_link *);

/* Functions return 0, or -1 with errno: EAGAIN or ENOBUFS (the runner has enough to do), or what failed. */

/* Have a run started; see also launch_make(). */
int runner_link_start(struct runner_link *, const struct launch *);

/* Have it tell what the run with TOKEN prints, and has printed. */
int runner_link_follow(struct runner_link *, uint64_t token);

/* Have it write its log to the descriptor LOG, borrowed. */
int runner_link_log(struct runner_link *, int log);

#endif
