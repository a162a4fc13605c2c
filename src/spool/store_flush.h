/*
 * The one place that flushes what the spool relies on.  A flush that fails says, once, that something which was written is not on the disk, and
 * never will be: Linux takes those pages for clean then, so that the next flush succeeds.  Berkeley DB would try the same flush again, up
 * to a hundred times.  After the first failure every flush fails, and the store is broken: what is on the disk the next start will see.
 */
#ifndef HOOKSPOOL_STORE_FLUSH_H
#define HOOKSPOOL_STORE_FLUSH_H

#include <stdbool.h>

/* Before an environment is made: all flushes count as good so far.  Of the whole process. */
void store_flush_begin(void);

/* What was written to FD goes to the disk.  Returns 0, or -1 with errno. */
int store_flush_data(int fd);

/* The name of a file in DIRECTORY, a descriptor, goes to the disk.  Returns 0, or -1 with errno. */
int store_flush_names(int directory);

/* Whether one has failed since. */
bool store_flush_failed(void);

#endif
