/* Which events an operator means: list, retry and drop take the same words for it. */
#ifndef HOOKSPOOL_EVENT_FILTER_H
#define HOOKSPOOL_EVENT_FILTER_H

#include <stdbool.h>
#include <stdint.h>

struct event;

struct event_filter {
	const char *source, *type; /* NULL: any; TYPE is a glob */
	uint64_t secret;	   /* the position of the one that authenticated it; 0: any */
};

bool event_filter_fits(const struct event_filter *, const struct event *);

#endif
