/*
 * The configuration's hooks as the scheduler sees them: what each has to do next, how much of it runs, and whose turn it is.
 */
#ifndef HOOKSPOOL_SLOT_H
#define HOOKSPOOL_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../spool/spool.h"
#include "suspension.h"

#define SLOT_NEVER UINT64_MAX

struct conf;
struct hook;
struct source;

struct slot {
	const struct hook *hook; /* NULL: the configuration no longer has it; what runs may finish */
	const struct source *source;
	char identity[SPOOL_HOOK_MAX + 1];
	uint64_t next_ms;	    /* nothing is due before; SLOT_NEVER: nothing at all */
	uint64_t at_ms, at_number;  /* what was due up to there was looked at, and has begun; 0: nothing was */
	unsigned running, unstored; /* processes; runs that have ended, but not on disk yet */
	bool blocked;		    /* something due waits for its lane */
	struct suspension suspension;
};

struct slots {
	struct slot **all; /* each is where it is until its hook is gone and nothing of it runs */
	size_t n, round;   /* ROUND: whose turn it is */
};

/*
 * Take over the hooks of CONF (borrows it).  A hook that was there before keeps its slot; a new one is suspended by hand if SPOOL says so, or can't say
 * it, which is logged.  Returns 0, or -1 with errno: nothing changed.
 */
int slots_take(struct slots *, const struct conf *, struct spool *);
void slots_clear(struct slots *);

/*
 * Since when, in ms, an operator has suspended the hook IDENTITY, or SPOOL_EVERY_HOOK; 0: he has not.  Where the spool can't say it, it had better be:
 * since now, and that is logged.
 */
uint64_t slots_suspended(struct spool *, const char *identity);

struct slot *slots_named(const struct slots *, const char *identity); /* or NULL */

/*
 * The next hook in the round that may start a run now, or NULL: one that has something due, is within its own limit, its source's and
 * the whole's, MAX_RUNNING, and leaves places for the others.  A place is kept free for each hook of which nothing runs, so that none
 * waits for another's timeouts, but never more than half of all.
 */
struct slot *slots_next(struct slots *, unsigned max_running, uint64_t now_ms);

/* When the first hook that has nothing to do now has something due that it may start; SLOT_NEVER: none. */
uint64_t slots_due(const struct slots *, uint64_t now_ms);

/* Something is due for it at DUE_MS: look no later than then, and not only behind that. */
void slot_wake(struct slot *, uint64_t due_ms);

/* A lane has become free: those that waited for one look again. */
void slots_unblock(struct slots *);

#endif
