/*
 * A keeper is a process between the runner and its hooks.  It starts one at a time, ends it in time, and leaves nothing of it behind
 * (watch.h), so that it can be given the next.  When the runner dies, however it dies, its keepers do all this at once (PR_SET_PDEATHSIG).
 */
#ifndef HOOKSPOOL_RUNNER_KEEPER_H
#define HOOKSPOOL_RUNNER_KEEPER_H

#include <stdint.h>
#include <sys/types.h>

#include "../protocol/run.h"
#include "hook.h"
#include "watch.h"

struct keeper {
	pid_t pid;
	int socket; /* a struct keeper_note for each run comes from it, in one message.  Once it is closed, a keeper without a run leaves */
	pid_t *hook; /* in memory that both see: the hook's process id, also its group's; 0: there is none */
};

/* What keepers are forked with; borrowed. */
struct keeper_terms {
	const struct accounts *accounts;
	int lock; /* unless it is -1, a descriptor that each keeper holds as long as it lives, and so as long as anything of a hook may run */
	uint64_t idle_ms; /* one that is kept leaves when it had no run for so long */
	uint64_t
	    patience_ms; /* beyond a run's timeout and grace its keeper has so long to tell how it ended, else it is killed, and the hook */
};

/*
 * Start one that waits for runs.  Returns 0 with the keeper owned by the caller, or -1 with errno.  On SIGTERM a keeper ends its hook: TERM,
 * and after the grace period KILL; one without a hook just ends.
 */
int keeper_open(const struct keeper_terms *, struct keeper *);

/* Start one for RUN, which may be one that no message can tell, and no other: it leaves when it has told how that ended. */
int keeper_start(const struct keeper_terms *, const struct run_start *, const struct hook_files *, struct keeper *);

/* Give it a run, when it has none.  FILES stay the caller's.  Returns 0, or -1 with errno: EPIPE, it is gone. */
int keeper_give(const struct keeper *, const struct run_start *, const struct hook_files *);

/* Read its note, if there is one.  Returns 1; or 0: not now; or -1: it says nothing any more, or what no keeper says. */
int keeper_read(const struct keeper *, struct keeper_note *);

/* Its hook's process id, or 0. */
pid_t keeper_hook(const struct keeper *);

/*
 * It does not end its run in time, and can't: somebody has stopped it, or has stopped the hook before that was one, for which it stands still
 * (hook.c).  Kill both, and say so in the log.
 */
void keeper_kill(const struct keeper *);

/* This process's part of it: it ends by itself, and is reaped by who waits for processes. */
void keeper_close(struct keeper *);

#endif
