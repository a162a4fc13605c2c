/* Only a delivery that is still queued, in a lane of which its event is the first, is due again. */
#include "due.h"
#include "lane.h"
#include "late.h"
#include "spool_attempt.h"
#include "spool_delivery.h"
#include "spool_private.h"

int
spool_outcome(struct spool *spool, const struct spool_outcome *o)
{
	struct event event;
	struct delivery old;
	struct lane lane;
	int first;

	if (spool_event_head(spool, o->number, &event) != 0 || spool_delivery(spool, o->number, o->hook, &old) != 0)
		return -1;
	lane = lane_of(&event);
	if (attempt_put(spool, o) != 0 ||
	    delivery_change(spool, &(struct delivery_change){o->number, o->hook, &old, o->after}) != 0)
		return -1;
	if (o->after->state == DELIVERY_QUEUED) {
		first = lane_is_first(spool->lane, &lane, o->number);
		return first <= 0 ? first : due_put(&spool->due, o->hook, o->after->next_ms, o->number);
	}
	return deliveries_leave(spool, &lane, o->number) != 0 ? -1 : late_ended(spool, o->number, o->after->ended_ms);
}
