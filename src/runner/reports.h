/*
 * The runner's messages to the spooler: what the socket has no room for now waits here.
 */
#ifndef HOOKSPOOL_RUNNER_REPORTS_H
#define HOOKSPOOL_RUNNER_REPORTS_H

#include <stdint.h>

#include "../protocol/run.h"

struct event_base;
struct reports;

/* Over SOCKET, which is borrowed.  Returns owned, or NULL with errno. */
struct reports *reports_new(struct event_base *, int socket);
void reports_free(struct reports *);

/* A START was understood: its run is owed exactly one report.  How many are owed now? */
void reports_owe(struct reports *);
unsigned reports_owed(const struct reports *);

/*
 * The report of a run, after all that wait.  It is copied.  Without memory for that the process ends: see reports.c.
 */
void reports_ended(struct reports *, const struct run_report *);

/* The same of a run that could not be started: WHY, an errno. */
void reports_failed(struct reports *, uint64_t token, int why);

/*
 * A piece of what a run prints, only if it can be sent at once: no hook waits for those who follow it.  Returns the bytes that they have
 * missed now, to be said with the next piece, or with the report.
 */
uint64_t reports_output(struct reports *, const struct run_output *);

/* The spooler is gone: nobody is told anything any more. */
void reports_stop(struct reports *);

#endif
