/*
 * The table of runs: deliveries that a process works on now.  It is in memory only: after a crash they are queued and due again.
 */
#ifndef HOOKSPOOL_RUNS_H
#define HOOKSPOOL_RUNS_H

#include <stdbool.h>
#include <stdint.h>

#include "../conf/conf.h"
#include "../protocol/event.h"
#include "../spool/record.h"
#include "batch.h"

struct schedule;
struct slot;

struct run {
	struct batch_item item; /* joins a group when the run has ended */
	struct run *next;
	struct schedule *schedule;
	struct slot *slot;
	bool ended, probe; /* ENDED: its outcome is not on disk yet; PROBE: its hook was suspended when it began */
	uint64_t token, number, received_ms, began_ms;
	char lane[CONF_NAME_MAX + 1 + EVENT_ID_MAX + 1]; /* source/lane; empty: in none */
	struct backoff backoff;				 /* as configured when it began */
	struct delivery delivery;			 /* as it was; as it will be, once it has ended */
	struct attempt attempt;
	char *output; /* what the attempt's texts lie in */
};

struct runs {
	struct run *first;
	unsigned n, ended; /* at all; of them those that have ended */
	uint64_t token;	   /* the last one that was given */
};

/* A new run of EVENT for SLOT, which must have a hook.  Returns it, the table's, or NULL with errno. */
struct run *runs_add(struct runs *, struct slot *, uint64_t number, const struct event *);
void runs_ended(struct runs *, struct run *); /* its process; its slot can start another one */
void runs_remove(struct runs *, struct run *);
void runs_clear(struct runs *);

struct run *runs_with_token(const struct runs *, uint64_t token);	     /* or NULL */
struct run *runs_of(const struct runs *, uint64_t number, const char *hook); /* or NULL */

/* Another event of EVENT's lane runs: an operator brought one back that comes before it. */
bool runs_lane_busy(const struct runs *, uint64_t number, const struct event *);

#endif
