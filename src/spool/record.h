/*
 * The small mutable records of the spool, apart from the event that never changes.  Each begins with its version; an unknown
 * one is refused (ENOTSUP), never guessed.
 */
#ifndef HOOKSPOOL_RECORD_H
#define HOOKSPOOL_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "../protocol/run.h"

#define SPOOL_HOOK_MAX 200 /* bytes of a hook's identity, "source/title" */

enum delivery_state { DELIVERY_QUEUED = 1, DELIVERY_DONE = 2, DELIVERY_DEAD = 3, DELIVERY_DROPPED = 4 };

struct delivery {
	enum delivery_state state;
	uint32_t attempts;     /* runs that ended since it was queued */
	uint32_t attempts_all; /* runs that ended, ever: the last attempt's number */
	uint64_t next_ms;      /* queued: due then (since the epoch) */
	uint64_t ended_ms;     /* done, dead or dropped: since then */
};

/* The record of a run that ended. */
struct attempt {
	enum run_end end;
	int code;		       /* END says of what */
	uint64_t started_ms, ended_ms; /* since the epoch */
	uint64_t cpu_us, memory_kib;
	uint64_t out_total, err_total; /* bytes that it printed, */
	uint32_t out_len, err_len;     /* and what is kept of them */
	const char *out, *err;	       /* borrowed */
};

#define RECORD_DELIVERY_SIZE 26 /* version, state, two u32, two u64 */

/* From and to bytes, RECORD_DELIVERY_SIZE of them at OUT.  From bytes: 0, or -1 with errno (EPROTO, ENOTSUP). */
void record_put_delivery(const struct delivery *, unsigned char *out);
int record_get_delivery(struct delivery *, const unsigned char *record, size_t len);

/* The same; as bytes it has record_attempt_size(), and from bytes its texts borrow from RECORD. */
size_t record_attempt_size(const struct attempt *);
void record_put_attempt(const struct attempt *, unsigned char *out);
int record_get_attempt(struct attempt *, const unsigned char *record, size_t len);

#endif
