/*
 * What an operator mends: deliveries that are to run again, or are given up; of one event, or of all that fit.
 */
#ifndef HOOKSPOOL_EVENT_REPAIR_H
#define HOOKSPOOL_EVENT_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "event_filter.h"
#include "state.h"

struct spooler;

enum repair_verb { REPAIR_RETRY, REPAIR_DROP };

struct event_repair {
	enum repair_verb verb;
	struct event_filter events; /* of these only */
	const char *hook;	    /* of these deliveries only: "source/title" or a title; NULL: any */
	enum event_state state;	    /* those in this state; STATE_ANY: any that the verb is for */
	bool force;		    /* retry also done ones */
	bool dry;		    /* change nothing: only say how many it would be */
};

/*
 * Change the event's deliveries that fit, in a transaction of its own.  Returns how many were changed, or -1 with errno: ENOENT (no such
 * event), EINVAL (a rejected one), EBUSY (one to drop is running: nothing was changed), or what failed.
 */
int event_repair_one(struct spooler *, const struct event_repair *, uint64_t number);

/*
 * The same for all events from *FROM on that fit, running ones left alone, in one transaction.  Looks at a bounded number of them: *FROM is
 * where to go on, 0 at the end.  Returns how many deliveries were changed, or -1 with errno.
 */
int event_repair_all(struct spooler *, const struct event_repair *, uint64_t *from);

#endif
