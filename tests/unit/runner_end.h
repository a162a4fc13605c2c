/*
 * For tests of the spooler: the runner's end of the socket that runs are started over.
 */
#ifndef HOOKSPOOL_TEST_RUNNER_END_H
#define HOOKSPOOL_TEST_RUNNER_END_H

#include <stddef.h>

#include "../../src/protocol/run.h"

/* The next message into MESSAGE (RUN_MESSAGE_MAX bytes), its descriptor, the caller's, into FD, or -1.  Returns its length, 0: none is here. */
size_t runner_end_receive(int socket, unsigned char *message, int *fd);

/* The value of a run's variable, or NULL: it has none of this name. */
const char *runner_end_variable(const struct run_start *, const char *name);

#endif
