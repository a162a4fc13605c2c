/*
 * A run that is for a worker.
 */
#ifndef HOOKSPOOL_RUNNER_TASK_H
#define HOOKSPOOL_RUNNER_TASK_H

#include <stddef.h>

#include "../protocol/run.h"
#include "stream.h"

/* It waits for a worker, or is in the hand of one. */
struct task {
	struct task *next;
	struct run_start run; /* its texts lie in MESSAGE */
	int body;
	struct audience audience;
	unsigned char message[];
};

/* Copy a message (run_decode_start() accepts it); takes BODY.  Returns owned, or NULL with errno. */
struct task *task_new(const unsigned char *message, size_t len, int body, const struct accounts *);
void task_free(struct task *);

#endif
