/*
 * A child: the runner's process for one run, its keeper, with what is known of the run meanwhile.
 */
#ifndef HOOKSPOOL_RUNNER_CHILD_H
#define HOOKSPOOL_RUNNER_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#include "../protocol/run.h"
#include "notes.h"
#include "stream.h"

struct child {
	struct child *next; /* in the list of who has it */
	const struct means *means;
	pid_t keeper;
	uint64_t started_ms; /* since the epoch */
	struct notes notes;
	struct audience audience;
	struct stream out, err;
	char *label; /* owned: the streams log with it */
};

/* Start RUN, with BODY (borrowed) as its standard input.  Returns owned until child_ended(), or NULL with errno. */
struct child *child_start(const struct means *, const struct run_start *, int body);

/* From now on tell what it prints, and first what is kept of it already; it may be told so already. */
void child_follow(struct child *);

/* TERM now, KILL after the grace period. */
void child_kill(const struct child *);

/* The keeper has ended with STATUS, wait(2)'s: report the run, and free the child. */
void child_ended(struct child *, int status);

#endif
