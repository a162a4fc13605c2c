/*
 * Starting one hook program: hookspool-hook(7), "Surroundings".
 */
#ifndef HOOKSPOOL_RUNNER_HOOK_H
#define HOOKSPOOL_RUNNER_HOOK_H

#include <sys/types.h>

#include "../protocol/run.h"

/*
 * Start it with BODY as standard input and OUT and ERR as its outputs, in a session of its own, with exactly the run's environment,
 * user, limits, and no descriptor but the first three.  Returns its process id, or -1 with errno; then a line on ERR says what failed.
 */
pid_t hook_start(const struct run_start *, int body, int out, int err);

#endif
