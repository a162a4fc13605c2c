/*
 * The end of a spooler whose spool is beyond use: nobody was told "stored" of what is lost, senders come again, and the next start recovers.
 */
#ifndef HOOKSPOOL_BROKEN_H
#define HOOKSPOOL_BROKEN_H

struct spool;

/* Called after whatever failed in the spool.  When it is broken: log it, and end the process with status 1 without a word to anybody. */
void broken_check(const struct spool *);

#endif
