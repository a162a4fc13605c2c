/*
 * What an operator does to deliveries: run them again, give them up.
 */
#ifndef HOOKSPOOL_OPERATE_H
#define HOOKSPOOL_OPERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "event_filter.h"
#include "state.h"

struct spooler;

enum operate_verb { OPERATE_RETRY, OPERATE_DROP };

struct operation {
	enum operate_verb verb;
	struct event_filter events; /* of these only */
	const char *hook;	    /* of these deliveries only: "source/title" or a title; NULL: any */
	enum event_state state;	    /* those in this state; STATE_ANY: any that the verb is for */
	bool force;		    /* retry also done ones */
};

/*
 * Change the event's deliveries that fit, in a transaction of its own.  Returns how many were changed, or -1 with errno: ENOENT (no such
 * event), EINVAL (a rejected one), EBUSY (one to drop is running: nothing was changed), or what failed.
 */
int operate_event(struct spooler *, const struct operation *, uint64_t number);

/*
 * The same for all events from *FROM on that fit, running ones left alone, in one transaction.  Looks at a bounded number of them: *FROM is
 * where to go on, 0 at the end.  Returns how many deliveries were changed, or -1 with errno.
 */
int operate_events(struct spooler *, const struct operation *, uint64_t *from);

/* Suspend the hook by hand, or open it however it was suspended.  Returns 0, or -1 with errno (ENOENT: no such hook). */
int operate_suspend(struct spooler *, const char *hook);
int operate_resume(struct spooler *, const char *hook);

#endif
