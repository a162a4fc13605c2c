/*
 * Starting one hook program.
 */
#ifndef HOOKSPOOL_HOOK_H
#define HOOKSPOOL_HOOK_H

#include <sys/types.h>

#include "run.h"

struct hook_process {
	pid_t pid;    /* also its process group and session */
	int out, err; /* read ends, non-blocking */
};

/*
 * Start it with BODY as standard input, in a session of its own, with exactly the request's environment and no descriptor but the
 * first three.  Returns 0 with OUT's descriptors owned by the caller, or -1 with errno, also what execve(2) or
 * chdir(2) said.
 */
int hook_start(const struct run_request *, int body, struct hook_process *);

#endif
