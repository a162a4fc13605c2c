/*
 * The spooler's life: start in the right order, serve, stop.
 */
#ifndef HOOKSPOOL_HOOKSPOOLD_H
#define HOOKSPOOL_HOOKSPOOLD_H

struct conf;

/* Serve until SIGTERM or SIGINT.  Takes CONF.  Returns the exit status: 0, also when another spooler has this spool already. */
int hookspoold_main(struct conf *);

#endif
