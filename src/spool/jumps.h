/*
 * Where the wall clock was set.  An event keeps the time that the clock showed when it came; retention and give-up want to know how long ago
 * that was.  So each jump is remembered with the number that came next, and a time from before it is read as the clock would have told it.
 *
 * A clock that is set back was ahead: only times that lie in its future now were told by the wrong clock.  One that is set forward may have
 * been right before: times from before look younger then, and what is kept for a time is kept longer, never shorter.
 */
#ifndef HOOKSPOOL_JUMPS_H
#define HOOKSPOOL_JUMPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JUMPS_MAX 64
#define JUMP_MIN_MS 10000 /* less is the clock's being kept right, and makes no difference to anything */

struct jump {
	uint64_t number; /* of the first event that came after it */
	int64_t by_ms;
	uint64_t to_ms; /* what the clock was set to */
};

struct jumps {
	struct jump all[JUMPS_MAX]; /* oldest first */
	size_t n;
};

/* Both clocks, in ms: the wall's, and one that is never set and goes on in suspend. */
struct clocks {
	uint64_t wall_ms, boot_ms;
};

/* By how much the wall clock was set between the two looks, or 0: it was not, or by less than JUMP_MIN_MS. */
int64_t jumps_between(const struct clocks *before, const struct clocks *now);

/* Without room the oldest is forgotten. */
void jumps_add(struct jumps *, const struct jump *);

/* RECEIVED_MS, the time of event NUMBER, as today's clock would have told it. */
uint64_t jumps_time(const struct jumps *, uint64_t number, uint64_t received_ms);

/* No event before FIRST is left.  Returns whether that changed anything. */
bool jumps_forget(struct jumps *, uint64_t first);

/* As bytes: into OUT, JUMPS_SIZE_MAX of them; returns the length.  From bytes: 0, or -1 with errno (EPROTO, ENOTSUP). */
#define JUMPS_SIZE_MAX (1 + JUMPS_MAX * 24)
size_t jumps_encode(const struct jumps *, unsigned char *out);
int jumps_decode(struct jumps *, const void *bytes, size_t len);

#endif
