/*
 * The time that a request may take to come, parameters and body together.  libfcgi blocks its thread in read(2), and closes a connection when it
 * likes; a limit shuts the connection's reading down when the time is over, so that the read ends.  It does that by a descriptor of its own:
 * whoever closes the other one, and whichever connection gets that one's number then, the limit can't hit it.
 */
#ifndef HOOKSPOOL_READ_LIMIT_H
#define HOOKSPOOL_READ_LIMIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define READ_LIMIT_CUT_MS \
	2000 /* what comes for so long after the end is cut off: over TCP it can be read after shutdown(2) */

/* One a thread that reads. */
struct read_limit {
	pthread_mutex_t mutex;
	int fd; /* its own; -1: nothing is being read */
	uint64_t since_ms, limit_ms, expired_ms;
	bool expired, cut;
};

void read_limit_init(struct read_limit *);

/* Reading from FD (borrows it) begins.  Returns 0, or -1 with errno: there is no limit. */
int read_limit_begin(struct read_limit *, int fd, uint64_t limit_ms);

/* It is over.  Returns whether it was ended for its time. */
bool read_limit_end(struct read_limit *);

/* End what takes longer than its limit.  Returns how long (ms) the thread has been reading, 0: it is not. */
uint64_t read_limit_look(struct read_limit *);

/* Has the reading been ended, and its thread not noticed yet? */
bool read_limit_ended(struct read_limit *);

/* End it now.  Returns whether it was going on until now. */
bool read_limit_expire(struct read_limit *);

#endif
