/* From requests to repairs, and from what became of them to answers. */
#include "control_repair.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>

#include "control_event.h"
#include "control_filter.h"
#include "control_line.h"
#include "event_repair.h"
#include "state.h"

/* One page of many events: the client asks again with "from", until it is null. */
static void
repair_all(const struct control_request *r, const struct event_repair *repair)
{
	uint64_t from = control_number(r->json, "from", 1);
	int changed = event_repair_all(r->spooler, repair, &from);
	struct json_object *end;

	if (changed < 0) {
		control_put_errno(r->out, "event");
		return;
	}
	end = json_object_new_object();
	json_object_object_add(end, "end", json_object_new_boolean(1));
	json_object_object_add(end, "changed", json_object_new_int(changed));
	json_object_object_add(end, "next", from != 0 ? json_object_new_uint64(from) : NULL);
	control_put(r->out, end);
}

static void
repair_one(const struct control_request *r, const struct event_repair *repair)
{
	struct control_event event;
	int changed = event_repair_one(r->spooler, repair, r->number);

	if (changed < 0 && errno == EBUSY)
		control_put_error(
		    r->out, "running", "a hook of this event is running; wait for it, or name another one with --hook");
	else if (changed < 0 && errno == EINVAL)
		control_put_error(r->out, "bad-request", "the event was rejected: it is kept for debugging only");
	else if (changed == 0 && repair->verb == REPAIR_DROP)
		control_put_error(r->out, "bad-request", "there is nothing to drop: what is done or dropped stays so");
	else if (changed == 0 && repair->hook != NULL)
		control_put_error(r->out, "not-found", "the event has no such delivery to run again");
	else if (changed < 0 || control_event_look(&event, r->spooler, r->number) != 0)
		control_put_errno(r->out, "event");
	else if (changed == 0 && repair->verb == REPAIR_RETRY && event.state == STATE_UNHANDLED)
		control_put_error(r->out, "bad-request",
		    "the configuration has no hook that could run it: put one there and reload, or drop the event");
	else {
		control_put(r->out, control_event_row(&event));
		control_put_end(r->out);
	}
}

static bool
can_be_meant(enum event_state state)
{
	return state == STATE_ANY || state == STATE_DEAD || state == STATE_UNHANDLED || state == STATE_QUEUED ||
	    state == STATE_DROPPED;
}

static void
repair(const struct control_request *r, enum repair_verb verb)
{
	struct event_repair asked = {
	    .verb = verb,
	    .hook = control_string(r->json, "hook"),
	    .state = state_of_word(control_string(r->json, "state")),
	    .force = control_flag(r->json, "force"),
	    .dry = control_flag(r->json, "dry"),
	};

	if (control_filter(r, &asked.events) != 0)
		return;
	if (!can_be_meant(asked.state))
		control_put_error(r->out, "bad-request", "the state is dead, unhandled, queued or dropped");
	else if (r->number != 0)
		repair_one(r, &asked);
	else if (asked.state != STATE_ANY)
		repair_all(r, &asked);
	else
		control_put_error(r->out, "bad-request", "which event, or all in which state?");
}

void
control_retry(const struct control_request *r)
{
	repair(r, REPAIR_RETRY);
}

void
control_drop(const struct control_request *r)
{
	repair(r, REPAIR_DROP);
}
