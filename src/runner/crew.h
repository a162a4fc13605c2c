/*
 * A crew: workers that are the same, and the runs that wait for one of them.  Here is which gets which, when another is started, and how
 * soon a hook whose workers break gets the next.
 */
#ifndef HOOKSPOOL_RUNNER_CREW_H
#define HOOKSPOOL_RUNNER_CREW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct crew;
struct means;
struct task;

/* MEANS is borrowed.  PROGRAM is its name in the log.  Returns owned; without memory the process ends. */
struct crew *crew_new(const struct means *, const char *program);
void crew_free(struct crew *);

/* Give TASK (taken) to a worker, now or when there is one.  Its report comes, also when none can be started. */
void crew_add(struct crew *, struct task *);

/* Tell from now on what the run with this TOKEN writes to its standard error, and first what is kept of it. */
void crew_follow(struct crew *, uint64_t token);

/* Was this the keeper of one of its workers?  STATUS is wait(2)'s. */
bool crew_reaped(struct crew *, pid_t keeper, int status);

/* End all of its workers, and start no more. */
void crew_stop(struct crew *);

/* Has it any worker? */
bool crew_any(const struct crew *);

/* Nobody needs it: it has no worker, nothing waits, and it makes nobody wait. */
bool crew_is_unused(const struct crew *);

#endif
