/*
 * The pipes of a hook's outputs, which are its own: what an earlier one has given away can't write into them.
 */
#ifndef HOOKSPOOL_RUNNER_PIPES_H
#define HOOKSPOOL_RUNNER_PIPES_H

#include "hook.h"

struct pipes {
	struct hook_files hook; /* its ends, with the body that was given */
	int out, err;		/* this process's, which do not block */
};

/* BODY is borrowed.  Returns 0 with four descriptors that are the caller's, or -1 with errno. */
int pipes_open(struct pipes *, int body);

/* Once the hook's ends were handed over. */
void pipes_close_hooks(const struct pipes *);
void pipes_close(const struct pipes *); /* all four */

#endif
