/* A spool that has one of everything, and what is done to it as it is served. */
#ifndef HOOKSPOOL_FUZZ_SPOOL_SERVED_H
#define HOOKSPOOL_FUZZ_SPOOL_SERVED_H

#include <stdbool.h>
#include <stdint.h>

#define SERVED_NUMBERS 64 /* events in it are fewer */

struct served {
	bool any;		      /* anything may be damaged, or: */
	bool damaged[SERVED_NUMBERS]; /* what there is of these events */
	unsigned how;		      /* which of the ways to serve it */
};

/* Make it, in memory_disk. */
void served_make(void);

/* Open it, do everything that is ever done to a spool, and close it.  Returns whether it was opened. */
bool served_serve(struct served *);

#endif
