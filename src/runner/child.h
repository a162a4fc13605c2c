/*
 * A child: the runner's process for one run, with what is known of the run meanwhile.
 */
#ifndef HOOKSPOOL_RUNNER_CHILD_H
#define HOOKSPOOL_RUNNER_CHILD_H

#include <stdint.h>

#include "../protocol/run.h"
#include "keepers.h"
#include "stream.h"

struct child {
	struct child *next, **self; /* in the list of who has it */
	const struct means *means;
	struct kept *kept;
	uint64_t started_ms; /* since the epoch */
	struct audience audience;
	struct stream out, err;
	char *label; /* owned: the streams log with it */
	struct child_owner *owner;
};

/* Who has children. */
struct child_owner {
	struct child *first; /* all of them */
	void *context;
	void (*gone)(void *context); /* one was reported, and is freed */
};

/* Start RUN, with BODY (borrowed) as its standard input; when it has ended it is reported.  Returns 0, or -1 with errno. */
int child_start(struct child_owner *, const struct means *, const struct run_start *, int body);

/* From now on tell what it prints, and first what is kept of it already; it may be told so already. */
void child_follow(struct child *);

/* TERM now, KILL after the grace period. */
void child_kill(const struct child *);

#endif
