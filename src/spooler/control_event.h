/* Events as the JSON objects of the control socket: protocol/control.h. */
#ifndef HOOKSPOOL_CONTROL_EVENT_H
#define HOOKSPOOL_CONTROL_EVENT_H

#include <stdint.h>

#include "../protocol/event.h"
#include "../spool/spool.h"
#include "state.h"

struct json_object;
struct spooler;

/* An event with its deliveries. */
struct control_event {
	const struct spooler *spooler;
	uint64_t number;
	struct event event; /* borrows from the spool's buffer, as spool_event_head() says */
	enum event_state state;
	struct spool_delivery all[SPOOL_DELIVERIES_MAX];
	int n;
};

/* Returns 0, or -1 with errno: ENOENT also when only its id is still remembered. */
int control_event_look(struct control_event *, const struct spooler *, uint64_t number);

/* As one row of a table; with all its details, its deliveries and their attempts.  Return owned. */
struct json_object *control_event_row(const struct control_event *);
struct json_object *control_event_full(const struct control_event *);

#endif
