/*
 * Starting one hook program: hookspool-hook(7), "Surroundings".
 */
#ifndef HOOKSPOOL_RUNNER_HOOK_H
#define HOOKSPOOL_RUNNER_HOOK_H

#include <sys/types.h>

#include "../protocol/run.h"

/* What becomes a hook's standard input and its outputs. */
struct hook_files {
	int body, out, err;
};

/* Once, before a process of one thread starts hooks: no signal has a handler or is ignored here from now on, as none is in a hook. */
void hook_prepare(void);

/*
 * Start it with FILES, each above 2, in a session of its own, with exactly the run's environment, user, limits, and no descriptor but the
 * first three.  Returns 0: it runs, and *PID is its process id, stored before any of its instructions is carried out; PID may lie in memory
 * that others look at.  Or -1 with errno: it does not, *PID is 0, and a line on FILES' err says what failed.
 */
int hook_start(const struct run_start *, const struct hook_files *, pid_t *pid);

#endif
