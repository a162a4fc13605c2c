/*
 * The responder's loop, one thread: it takes what is there, judges it, hands it over in groups, passes the spooler's
 * word on, and never blocks; what may block is for threads beside it (slow.h).
 */
#ifndef HOOKSPOOL_LOOP_H
#define HOOKSPOOL_LOOP_H

#include <stdbool.h>

struct handover;
struct loop;
struct request;
struct rules_book;

/*
 * For the listening socket at descriptor 0 and the configuration of BOOK (borrows it), with at most THREADS beside it,
 * see slow_new(). Returns owned, or NULL with errno.  Lives as long as the process.
 */
struct loop *loop_new(struct rules_book *book, unsigned threads);

/* What a handover's owner does, CONTEXT being the loop: see handover.h. */
void loop_done(void *context, struct request *);
void loop_watch(void *context, int fd, bool writable);

/* Run, in a thread of its own, with HANDOVER (borrows it).  Returns 0, or -1 with errno. */
int loop_begin(struct loop *, struct handover *);

/* There is something new for it: of the configuration.  Any thread may. */
void loop_wake(struct loop *);

/*
 * Take no more, wait until everything in hand has its reply, but not beyond the deadline, and end.  Any other thread
 * may.
 */
void loop_end(struct loop *);

#endif
