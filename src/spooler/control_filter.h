/* Which events a request means: protocol/control.h, "Filters". */
#ifndef HOOKSPOOL_CONTROL_FILTER_H
#define HOOKSPOOL_CONTROL_FILTER_H

#include <stddef.h>
#include <stdint.h>

struct control_request;
struct event_filter;
struct spooler;

/* Borrows from the request.  Returns 0, or -1: the answer has the error. */
int control_filter(const struct control_request *, struct event_filter *);

/*
 * The events, of those that the configuration's sources may have sent, with FILTER's id, ascending, into NUMBERS (room for MAX).  An id is kept as
 * its parts and where each came from, and is shown as its parts alone: what it may have been is looked up.  Returns how many.
 */
size_t control_filter_find(struct spooler *, const struct event_filter *, uint64_t *numbers, size_t max);

#endif
