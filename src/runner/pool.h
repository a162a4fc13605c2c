/*
 * All workers of the runner: crews, one for each hook as it is configured.
 */
#ifndef HOOKSPOOL_RUNNER_POOL_H
#define HOOKSPOOL_RUNNER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct means;
struct pool;

/* MEANS is borrowed.  Returns owned, or NULL with errno. */
struct pool *pool_new(const struct means *);
void pool_free(struct pool *);

/* A START message for a worker, LEN bytes that run_decode_start() accepts; takes BODY.  Its report comes, now or later. */
void pool_run(struct pool *, const unsigned char *message, size_t len, int body);

/* Tell from now on what the run with this TOKEN writes to its standard error, and first what is kept of it. */
void pool_follow(struct pool *, uint64_t token);

/* Was this the keeper of a worker?  STATUS is wait(2)'s. */
bool pool_reaped(struct pool *, pid_t keeper, int status);

/* End all of them; what waits is forgotten. */
void pool_stop(struct pool *);

/* Is there any worker? */
bool pool_any(const struct pool *);

#endif
