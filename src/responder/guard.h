/*
 * The time a body may take.  libfcgi blocks its thread in read(2); a guard shuts the connection's reading down when the time is
 * over, so that the read ends.
 */
#ifndef HOOKSPOOL_GUARD_H
#define HOOKSPOOL_GUARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* One a thread that reads.  Between guard_begin() and guard_end() the descriptor stays open: then no other can have its number. */
struct guard {
	pthread_mutex_t mutex;
	int fd; /* -1: nothing is being read */
	uint64_t since_ms, limit_ms;
	bool expired;
};

void guard_init(struct guard *);
void guard_begin(struct guard *, int fd, uint64_t limit_ms);

/* Returns whether the reading was ended for its time. */
bool guard_end(struct guard *);

/* End what takes longer than its limit.  Returns how long (ms) the thread has been reading, 0: it is not. */
uint64_t guard_look(struct guard *);

/* End it now. */
void guard_expire(struct guard *);

#endif
