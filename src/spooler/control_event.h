/* Events as the JSON objects of the control socket. */
#ifndef HOOKSPOOL_CONTROL_EVENT_H
#define HOOKSPOOL_CONTROL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

struct json_object;
struct spooler;

struct event_filter {
	const char *source, *event, *state; /* NULL: any; EVENT is a glob */
	uint64_t secret;		    /* the position of the one that authenticated it; 0: any */
};

/* The event's object, with its deliveries when FULL.  Returns owned, or NULL with errno: ENOENT also when it is filtered out. */
struct json_object *control_event(struct spooler *, uint64_t number, const struct event_filter *, bool full);

#endif
