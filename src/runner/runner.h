/*
 * The runner: starts hook programs and workers as the spooler tells it (protocol/run.h), watches them, and tells how they ended.
 */
#ifndef HOOKSPOOL_RUNNER_RUNNER_H
#define HOOKSPOOL_RUNNER_RUNNER_H

struct runner_setup;

/*
 * Serve the socket until its other end is closed, then kill what runs (TERM, after the grace period KILL) and return.  Called in a process of
 * its own, single-threaded, with every descriptor but those of the setup and the log closed.
 */
int runner_main(const struct runner_setup *);

#endif
