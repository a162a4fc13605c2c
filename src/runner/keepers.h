/*
 * The keepers that are kept from run to run.  The one that was idle last gets the next run; who is idle for long, and who is too many,
 * leaves.
 */
#ifndef HOOKSPOOL_RUNNER_KEEPERS_H
#define HOOKSPOOL_RUNNER_KEEPERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "hook.h"
#include "keeper.h"

struct event_base;
struct keepers;
struct kept;

/* BASE and TERMS are borrowed.  Returns owned, or NULL with errno. */
struct keepers *keepers_new(struct event_base *, const struct keeper_terms *);

/* Those that are idle leave. */
void keepers_free(struct keepers *);

/* Whose run it is. */
struct kept_owner {
	void *context;
	/*
	 * The run has ended; its keeper is nobody's now, and must not be looked at again.  NOTE says how, and is borrowed.  If it is NULL,
	 * somebody has killed the keeper, STATUS being wait(2)'s, and the hook and its group are dead, too, but where they do not die within 2 s:
	 * BEGUN says whether the hook had been started.
	 */
	void (*ended)(void *context, const struct keeper_note *note, int status, bool begun);
};

/*
 * Have a run kept, by one that is idle or a new one; FILES and the owner are copied and FILES stay the caller's.  Returns it, until the run
 * has ended, or NULL with errno.
 */
struct kept *keepers_run(
    struct keepers *, const struct run_start *, const struct hook_files *, const struct kept_owner *);

/* TERM now, KILL after the grace period. */
void kept_end(const struct kept *);

pid_t kept_keeper(const struct kept *); /* 0: it was killed, and its hook is not dead yet */
pid_t kept_hook(const struct kept *);	/* 0: not started yet */

/* A process has ended: to be told of each.  Returns whether it was a keeper of these. */
bool keepers_reaped(struct keepers *, pid_t, int status);

/* From now on none is kept when its run ends, and those that are idle leave. */
void keepers_stop(struct keepers *);

/*
 * May this process have adopted, or be about to, what lives on because its run's orphans are kept?  To be asked, too, when one that was adopted
 * has ended.
 */
bool keepers_leave_any(struct keepers *);

unsigned keepers_idle(const struct keepers *);

#endif
