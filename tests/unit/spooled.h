/*
 * A spooler in a directory of its own, for tests of what stands on it: real spool, group commit and schedule; the test is the runner, at the
 * other end of its socket.  Check runs each case in a process of its own.
 */
#ifndef HOOKSPOOL_TEST_SPOOLED_H
#define HOOKSPOOL_TEST_SPOOLED_H

#include <stdbool.h>
#include <stdint.h>

#include "../../src/protocol/run.h"
#include "../../src/spooler/spooler.h"

/* Source "s" has the hooks "a.*" (one run at a time) and "b" (suspended after two failures); others have to be put there. */
#define SPOOLED_HOOKS 2
extern struct spooler spooled;
extern int spooled_runner; /* the runner's end */

/* A checked fixture. */
void spooled_set_up(void);
void spooled_tear_down(void);

/* Take hook "b" out of the configuration, or back into it; the schedule follows. */
void spooled_without_b(bool);

/* Accept an event, as admit.c does it, in a transaction of its own that is committed.  Returns its number. */
uint64_t spooled_accept(const char *type, const char *lane);
uint64_t spooled_reject(const char *why);

/* What is ready happens. */
void spooled_loop(void);

/* The next run that was started, or false: none.  Messages of other types are passed over. */
bool spooled_started(struct run_start *);
uint64_t spooled_started_number(void); /* its event's number, or 0 */

/* The run with TOKEN has ended; after this its outcome is committed. */
void spooled_ends(uint64_t token, int status);

/* Start what is due of one event, and end it. */
void spooled_run(uint64_t number, int status);

#endif
