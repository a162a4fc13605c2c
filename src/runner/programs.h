/*
 * The programs that a runner starts, where it has other rights than the spooler: those that the configuration names, as the runner itself
 * reads it.  A spooler that was taken over can have them run at the wrong time and with made-up bodies, but nothing else.
 */
#ifndef HOOKSPOOL_RUNNER_PROGRAMS_H
#define HOOKSPOOL_RUNNER_PROGRAMS_H

#include <stdbool.h>

struct conf;
struct programs;
struct run_start;

/* Begin with CONF, borrowed for good, as it was read before the runner was forked.  Returns owned, or NULL with errno. */
struct programs *programs_new(const struct conf *conf);
void programs_free(struct programs *);

/*
 * Is this what a hook of the configuration is: its command, directory and user, and of variables those that its source maps?  If it is none,
 * and the file has changed since it was read, it is read again, by this process and with its rights: that is how a reload gets here.
 */
bool programs_have(struct programs *, const struct run_start *);

/* The same of one configuration. */
bool programs_in(const struct conf *, const struct run_start *);

#endif
