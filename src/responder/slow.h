/*
 * Requests that may have to be waited for: long ones, and those that come slowly.  Threads beside the loop read and
 * judge them, blocking in libfcgi, and give them back.  However many are slow, others are read: more threads are
 * started, and when there are as many as there may be, those that have been coming for longest are given up.
 */
#ifndef HOOKSPOOL_SLOW_H
#define HOOKSPOOL_SLOW_H

#include <stdbool.h>
#include <stdint.h>

struct request;
struct rules_book;
struct slow;

#define SLOW_LOOK_MS 20 /* between calls of slow_look() while there are any */

/*
 * Rules are BOOK's (borrows it).  At most THREADS read while none of them is slow.  WAKE (borrows it), an eventfd, is
 * written to when there is something for slow_take().  Returns owned, or NULL with errno.  Lives as long as the
 * process.  All functions are for one thread, the loop's.
 */
struct slow *slow_new(struct rules_book *book, unsigned threads, int wake);

/* Have REQUEST (takes it) read and judged; its connection is not to be waited for by anybody else. */
void slow_give(struct slow *, struct request *);

/* Those that are judged, one behind the other (the caller's now), their connections not blocking any more; or NULL. */
struct request *slow_take(struct slow *);

/* End what takes too long, and see to it that there are threads for others. */
void slow_look(struct slow *);

/* Is there any that was not taken back yet? */
bool slow_busy(const struct slow *);

#endif
