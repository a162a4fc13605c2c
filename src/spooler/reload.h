/*
 * Reading the configuration again while everything runs: all of it, or nothing.
 */
#ifndef HOOKSPOOL_RELOAD_H
#define HOOKSPOOL_RELOAD_H

struct spooler;

/*
 * Read the spooler's configuration file anew and use it from now on.  Returns NULL, or what is wrong, "file:line: text" in a line each,
 * owned; then nothing has changed.  The log says the same.
 */
char *reload(struct spooler *);

/* What reload() would say now, without doing it or logging. */
char *reload_check(const struct spooler *);

#endif
