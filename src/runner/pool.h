/*
 * All workers of the runner: which is idle, which must be started, which events wait for one, and how soon a hook whose workers break
 * gets another.
 */
#ifndef HOOKSPOOL_WORKERS_H
#define HOOKSPOOL_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../protocol/run.h"

struct event_base;
struct workers;

struct workers_setup {
	struct event_base *base;
	int lock; /* see keeper_start() */
	const struct run_identities *identities;
	void *context;
	void (*ended)(void *context, const struct run_report *);
	uint64_t (*output)(void *context, const struct run_output *); /* returns the bytes missed now */
};

/* SETUP is copied.  Returns owned, or NULL with errno. */
struct workers *workers_new(const struct workers_setup *);
void workers_free(struct workers *);

/* A RUN message for a worker, LEN bytes that run_decode_request() accepts; takes BODY.  Its report comes, now or later. */
void workers_run(struct workers *, const unsigned char *message, size_t len, int body);

/* Tell from now on what the run with this TOKEN writes to its standard error, and first what is kept of it. */
void workers_follow(struct workers *, uint64_t token);

/* Was this the keeper of a worker?  STATUS is wait(2)'s. */
bool workers_reaped(struct workers *, pid_t, int status);

/* End all of them; what waits is forgotten. */
void workers_stop(struct workers *);
bool workers_any(const struct workers *);

#endif
