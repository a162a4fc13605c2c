/*
 * What an operator repairs: deliveries that run again, are dropped, or make way for those of other hooks.
 */
#include <errno.h>

#include "due.h"
#include "lane.h"
#include "late.h"
#include "spool_delivery.h"
#include "spool_private.h"

int
spool_requeue(struct spool *spool, const struct spool_repair *r)
{
	struct delivery old, new = {.state = DELIVERY_QUEUED, .next_ms = r->now_ms};
	struct event event;
	struct lane lane;
	int first;

	if (spool_event_head(spool, r->number, &event) != 0 || spool_delivery(spool, r->number, r->hook, &old) != 0)
		return -1;
	lane = lane_of(&event);
	new.attempts_all = old.attempts_all;
	if (delivery_change(spool, &(struct delivery_change){r->number, r->hook, &old, &new}) != 0 ||
	    (first = deliveries_enter(spool, &lane, r->number)) < 0)
		return -1;
	return first == 0 ? 0 : due_put(&spool->due, r->hook, r->now_ms, r->number);
}

int
spool_drop(struct spool *spool, const struct spool_repair *r)
{
	struct delivery old, new = {.state = DELIVERY_DROPPED, .ended_ms = r->now_ms};
	struct spool_delivery any;
	struct event event;
	struct lane lane;
	int had;

	if (spool_event_head(spool, r->number, &event) != 0 || (had = spool_deliveries(spool, r->number, &any, 1)) < 0)
		return -1;
	if (had == 0) {
		if (delivery_put(spool, r->number, r->hook, &new) != 0)
			return -1;
		spool_count(spool, r->number, COUNT_UNHANDLED, -1);
		spool_count(spool, r->number, COUNT_DROPPED, 1);
		return late_ended(spool, r->number, r->now_ms);
	}
	if (spool_delivery(spool, r->number, r->hook, &old) != 0)
		return -1;
	lane = lane_of(&event);
	new.attempts = old.attempts;
	new.attempts_all = old.attempts_all;
	return delivery_change(spool, &(struct delivery_change){r->number, r->hook, &old, &new}) != 0 ||
		deliveries_leave(spool, &lane, r->number) != 0
	    ? -1
	    : late_ended(spool, r->number, r->now_ms);
}

int
spool_unbind(struct spool *spool, const struct spool_repair *r)
{
	struct spool_delivery any;
	struct event event;
	struct lane lane;
	int left;

	if (spool_event_head(spool, r->number, &event) != 0 || delivery_delete(spool, r->number, r->hook) != 0 ||
	    (left = spool_deliveries(spool, r->number, &any, 1)) < 0)
		return -1;
	lane = lane_of(&event);
	spool_count(spool, r->number, COUNT_UNHANDLED, left == 0);
	return deliveries_leave(spool, &lane, r->number) != 0 ? -1 : late_ended(spool, r->number, r->now_ms);
}

int
spool_bind(struct spool *spool, const struct spool_repair *r, const char *const *hooks, size_t n)
{
	struct spool_delivery one;
	struct event event;
	struct lane lane;
	int had;

	if (spool_event_head(spool, r->number, &event) != 0 || (had = spool_deliveries(spool, r->number, &one, 1)) < 0)
		return -1;
	if (event.kind != EVENT_ACCEPTED) {
		errno = EINVAL;
		return -1;
	}
	lane = lane_of(&event);
	if (had == 0 && n > 0)
		spool_count(spool, r->number, COUNT_UNHANDLED, -1);
	return deliveries_add(spool, &(struct deliveries_new){r->number, &lane, hooks, n, r->now_ms});
}
