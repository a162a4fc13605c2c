/* A job for the thread beside the loop. */
#ifndef HOOKSPOOL_STORE_THREAD_H
#define HOOKSPOOL_STORE_THREAD_H

/* The giver's, until it is done; to be embedded, and zero but for what is said here. */
struct store_job {
	void (*run)(struct store_job *);  /* on the thread */
	void (*done)(struct store_job *); /* on the giver's thread, from store_done(); may free it */
	struct store_job *next;
};

#endif
