/*
 * A thread beside the loop, for what takes the disk's time: jobs, in the order in which they were given, and between them, when it is time,
 * a turn of the upkeep.  It takes no signals.
 */
#ifndef HOOKSPOOL_STORE_THREAD_H
#define HOOKSPOOL_STORE_THREAD_H

#include <stdint.h>

struct store_thread;

/* The giver's, until it is done; to be embedded, and zero but for what is said here. */
struct store_job {
	void (*run)(struct store_job *); /* on the thread */
	void (*done)(
	    struct store_job *); /* on the giver's thread, from store_thread_done(); may free it; NULL: nothing */
	struct store_job *next;	 /* the thread's own */
};

struct store_turn {
	/* Called on the thread: at the start, after each wake, and when the time that it asked for has passed (ms; UINT64_MAX: never). */
	uint64_t (*take)(void *context);
	void *context;
};

/* Returns owned, or NULL with errno.  TURN is copied; its context is borrowed. */
struct store_thread *store_thread_new(const struct store_turn *turn);

/* Runs what was given, waits for the end of the thread, and tells what is done. */
void store_thread_free(struct store_thread *);

/* Have the turn taken soon.  Any thread may. */
void store_thread_wake(struct store_thread *);

void store_thread_give(struct store_thread *, struct store_job *);

/* A descriptor that is readable when a job is done and not told yet; borrowed. */
int store_thread_descriptor(const struct store_thread *);

/* Tell what is done. */
void store_thread_done(struct store_thread *);

#endif
