/*
 * Starting the spooler, so that a web server alone is enough.  A process of its own does it, forked before anything from the network is
 * read: the responder itself gives up starting programs, and a spooler must not inherit what it gave up.  The starter runs one
 * program with one configuration file, both fixed at its start, and takes no other order.
 */
#ifndef HOOKSPOOL_STARTER_H
#define HOOKSPOOL_STARTER_H

/*
 * Fork the starter, which runs PROGRAM with "-c FILE" (an absolute path) when it is told to.  It ends with this process.  Only while there
 * is one thread.  Returns a descriptor, owned, once it waits for orders; or -1 with errno: nobody could be started then as long as this lives.
 */
int starter_new(const char *program, const char *file);

/*
 * Start PROGRAM in a session of its own, with a clean environment, as nobody's child.  Of all responders of one configuration file only one
 * at a time may: it holds a lock on the file until starter_rest(), or until it ends.
 * Returns 0 when it was started (whether it can work it says in its log), or -1 with errno; EBUSY: another responder has the lock.
 */
int starter_start(int starter);

/* The spooler is there: let other responders start the next one. */
void starter_rest(int starter);

#endif
