/*
 * The spooler's life: start in the right order, serve, stop.
 */
#ifndef HOOKSPOOL_LIFE_H
#define HOOKSPOOL_LIFE_H

struct conf;
struct runner_setup;

/*
 * Serve until SIGTERM or SIGINT.  Takes CONF.  RUNNER is the main of the runner's process, which is forked before the spool is opened.
 * Returns the exit status: 0, also when another spooler has this spool already.
 */
int life_main(struct conf *, int (*runner)(const struct runner_setup *));

#endif
