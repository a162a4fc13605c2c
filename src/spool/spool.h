/*
 * The spool: events, their deliveries, lanes and what is due, on top of the ordered tables of store.h.
 *
 * Every change happens inside spool_begin() … spool_commit(), and is nothing before the commit returned 0.  Numbers are
 * event numbers; a hook is named by its identity "source/title".
 */
#ifndef HOOKSPOOL_SPOOL_H
#define HOOKSPOOL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../protocol/event.h"
#include "record.h"

struct conf;
struct spool;

#define SPOOL_DELIVERIES_MAX 64 /* of one event */
#define SPOOL_ATTEMPTS_KEPT 10	/* of one delivery, with their output */

/* What the spool holds now, kept in the spool, so that nothing is counted at the start. */
struct spool_counters {
	uint64_t next;			      /* the next event's number */
	uint64_t events;		      /* accepted ones that are kept */
	uint64_t queued, done, dead, dropped; /* deliveries */
	uint64_t unhandled;		      /* events that no hook matched */
	uint64_t rejected;
	uint64_t duplicates; /* answered, ever */
	uint64_t last_ms;    /* the wall clock when the last event came */
};

/*
 * Open NAME, made if need be, in the spool directory DIR, to be locked.  Called with the effective ids of who owns DIR: he can put a link
 * there.  Returns the descriptor, or -1 with errno; the reason is logged.
 */
int spool_lock_open(const char *dir, const char *name);

/*
 * Take the owner's lock of the spool directory DIR, held until the descriptor is closed or the process ends.  As spool_lock_open().
 * One that was killed, and is about to end, is waited for.  Returns the descriptor, or -1 with errno: EBUSY (another spooler has it), or what
 * failed.
 */
int spool_lock(const char *dir);

/*
 * Open (and create, and recover) the spool in the configuration's directory, under LOCK (takes it).
 * Returns owned, or NULL with errno: ENOTSUP (written by a newer program, or by one that is too old), or what failed; the reason is logged.
 */
struct spool *spool_open(const struct conf *, int lock);
void spool_close(struct spool *);

/* Return 0, or -1 with errno.  After a failed commit nothing of the transaction happened. */
int spool_begin(struct spool *);
int spool_commit(struct spool *);
void spool_abort(struct spool *);

/* True once the store is beyond use until it is opened anew; the process must end. */
bool spool_broken(const struct spool *);

/* What protects its pages from being half written when the power goes, as a line.  Borrowed. */
const char *spool_protection(const struct spool *);

const struct spool_counters *spool_counters(const struct spool *);

/*
 * Have WOKEN told, after each commit, every hook that has something new in `due`, and when the first of it is due.  HOOK is NULL when there
 * are too many: any hook may have something then.  It may not call back into the spool.  CONTEXT is borrowed; WOKEN NULL: nobody is told.
 */
void spool_on_due(struct spool *, void (*woken)(void *context, const char *hook, uint64_t due_ms), void *context);

enum spool_accept { SPOOL_STORED, SPOOL_DUPLICATE, SPOOL_FAILED };

/*
 * Put an accepted or rejected event, with its body.  HOOKS are the N identities that get a delivery, all due at NOW_MS if the event is the
 * first of its lane.  *NUMBER is the event's, or that of the one it repeats (SPOOL_DUPLICATE).  SPOOL_FAILED: with errno, and the transaction is
 * to be aborted.
 */
struct spool_submission {
	const struct event *event;
	const char *const *hooks;
	size_t n;
};
enum spool_accept spool_accept(struct spool *, const struct spool_submission *, uint64_t now_ms, uint64_t *number);

/*
 * The event's record: its head only, or with the body.  EVENT borrows from the spool's buffer, until the next call of this
 * function.  Returns 0, or -1 with errno ENOENT, or what failed.
 */
int spool_event_head(struct spool *, uint64_t number, struct event *);
int spool_event(struct spool *, uint64_t number, struct event *);

/* One delivery with its hook's identity. */
struct spool_delivery {
	char hook[SPOOL_HOOK_MAX + 1];
	struct delivery delivery;
};

/* The event's deliveries into OUT (room for MAX).  Returns how many, or -1 with errno. */
int spool_deliveries(struct spool *, uint64_t number, struct spool_delivery *out, int max);
/* One of them.  Returns 0, or -1 with errno (ENOENT). */
int spool_delivery(struct spool *, uint64_t number, const char *hook, struct delivery *);

/*
 * Call SEEN for each kept attempt of the delivery, oldest first, until it returns nonzero.  ATTEMPT borrows.
 * Returns 0, SEEN's value, or -1 with errno.
 */
struct spool_reader {
	int (*seen)(void *context, uint32_t attempt_number, const struct attempt *);
	void *context;
};
int spool_attempts(struct spool *, uint64_t number, const char *hook, const struct spool_reader *);

/* Smallest event number >= FROM.  Returns 0, or -1 with errno (ENOENT: there is none). */
int spool_next(struct spool *, uint64_t from, uint64_t *number);

/* Largest event number <= FROM.  Returns 0, or -1 with errno (ENOENT: there is none). */
int spool_previous(struct spool *, uint64_t from, uint64_t *number);

/*
 * What is counted, for who looks for a few among many.  *NUMBER becomes the first number from it on, or, with BACK, the last one up to it, of which
 * an event can have any of WHAT (0: anything), as far as that can be told from counters.  Returns false: no event that follows can.
 */
enum spool_what {
	SPOOL_QUEUED = 1,
	SPOOL_DONE = 2,
	SPOOL_DEAD = 4,
	SPOOL_DROPPED = 8,
	SPOOL_UNHANDLED = 16,
	SPOOL_REJECTED = 32
};
bool spool_may_have(const struct spool *, unsigned what, bool back, uint64_t *number);

/* The first event that was received at SINCE_MS or later, as spool_received() says; where there is none, the number of the next one to come. */
uint64_t spool_since(struct spool *, uint64_t since_ms);

/* The event that has this source and id: LIKE's source and key are looked at.  It may have gone.  Returns 0, or -1 with errno (ENOENT). */
int spool_find(struct spool *, const struct event *like, uint64_t *number);

/*
 * The hook's due deliveries in order of time from *AFTER_MS, *AFTER_NUMBER on (exclusive; both 0: from the front).  Gives the
 * next one there.  Returns 0, or -1 with errno (ENOENT: no more).
 */
int spool_due(struct spool *, const char *hook, uint64_t *after_ms, uint64_t *after_number);

/*
 * The next hook, by name, that has something due.  HOOK (SPOOL_HOOK_MAX + 1 bytes) is the one before it, or empty, and becomes the next.
 * Returns 0, or -1 with errno (ENOENT: no more).
 */
int spool_due_hook(struct spool *, char *hook);

/*
 * A run ended: store what the delivery is AFTER it with the attempt, and let the lane go on when the event has nothing left to run.
 */
struct spool_outcome {
	uint64_t number;
	const char *hook;
	const struct delivery *after;
	const struct attempt *attempt;
};
int spool_outcome(struct spool *, const struct spool_outcome *);

/* What an operator mends: one delivery that is not running. */
struct spool_repair {
	uint64_t number;
	const char *hook;
	uint64_t now_ms;
};

/*
 * Make a finished delivery (done, dead or dropped) queued again, due now, attempts counted from 0, in its lane's order; a queued one
 * becomes due now.  Returns 0, or -1 with errno (ENOENT).
 */
int spool_requeue(struct spool *, const struct spool_repair *);

/*
 * Give a delivery up; its lane goes on.  Of an unhandled event, which has none, HOOK is a new one that stands for "none".
 * Returns 0, or -1 with errno.
 */
int spool_drop(struct spool *, const struct spool_repair *);

/*
 * Forget a delivery and its attempts; its lane goes on.  An event that has none left is unhandled.  Returns 0, or -1 with errno
 * (ENOENT).
 */
int spool_unbind(struct spool *, const struct spool_repair *);

/* Give an event further deliveries, for hooks of which it has none: HOOK of the repair is not used.  Returns 0, or -1 with errno. */
int spool_bind(struct spool *, const struct spool_repair *, const char *const *hooks, size_t n);

/*
 * A hook that an operator has suspended; the spool only remembers it.  SINCE_MS 0: not suspended.  Return 0, or -1 with errno;
 * spool_suspended() finds ENOENT for one that is not.
 */
#define SPOOL_EVERY_HOOK "*" /* is no hook's identity: all of them */
int spool_suspend(struct spool *, const char *hook, uint64_t since_ms);
int spool_suspended(struct spool *, const char *hook, uint64_t *since_ms);

/* The configuration has changed: how many rejected webhooks are kept, and how much of the disk is left free. */
void spool_set_max_rejected(struct spool *, unsigned);
void spool_set_min_free(struct spool *, uint64_t);

/*
 * Look at the clocks, once in a while and at the start: was the wall clock set, see jumps.h?  In a transaction of its own when it was.
 * Returns 0 with *BY_MS (0: it was not), or -1 with errno.
 */
struct clocks;
int spool_clocks(struct spool *, const struct clocks *now, int64_t *by_ms);

/* When event NUMBER was received, as today's clock would have told it, from the time in its record. */
uint64_t spool_received(const struct spool *, uint64_t number, uint64_t received_ms);

/* The same by the clocks of NOW, which may have been set since spool_clocks() has looked. */
uint64_t spool_received_by(const struct spool *, const struct clocks *now, uint64_t number, uint64_t received_ms);

/*
 * Forget events that are finished (nothing queued) and older than KEEP_MS, and ids of events older than DEDUP_MS, by what spool_received() says:
 * in whole generations, so that they stay at most an eighth longer, or some seconds.  Never ids of events that are still there.  Not inside a
 * transaction; to be called once a second, takes some ms at most.  Returns 1 when there is more to do at once, 0, or -1 with errno.
 */
struct spool_ages {
	uint64_t now_ms, keep_ms, dedup_ms; /* dedup not less than keep */
	bool forget;			    /* or else nothing goes yet: new generations begin, no more */
};
int spool_retain(struct spool *, const struct spool_ages *);

/* Wait for the work on files that spool_retain() has begun beside the loop. */
void spool_wait(struct spool *);

#endif
