/*
 * The runner's beginning: it is forked while the spooler is small, has all its rights, and no spool open.
 */
#ifndef HOOKSPOOL_RUNNER_FORK_H
#define HOOKSPOOL_RUNNER_FORK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct conf;
struct rights;
struct accounts;
struct runner_setup;

struct runner_fork {
	const struct conf *conf;
	const struct accounts *accounts; /* whom it lets hooks run as, for good */
	const struct rights *owner;	 /* of the spool directory */
	const int *private;		 /* NPRIVATE descriptors that are not for it */
	size_t nprivate;
	int (*main)(const struct runner_setup *); /* in the new process, when no earlier runner is left */
};

/* Returns the spooler's end of the socket pair (owned), and the process.  What can't be had is fatal(). */
int runner_fork(const struct runner_fork *, pid_t *);

/* Whether the runner will be able to read the configuration again: a reload can give it other programs only then. */
bool runner_fork_can_read(const struct conf *);

#endif
