/* A page of a long list at a time, so that the loop and its memory stay with the webhooks. */
#include "control_look.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <json-c/json.h>
#include <stdbool.h>

#include "../protocol/control.h"
#include "../protocol/event.h"
#include "../spool/spool.h"
#include "control_event.h"
#include "control_line.h"
#include "event_filter.h"
#include "followers.h"
#include "schedule.h"
#include "spooler.h"
#include "state.h"

#define LOOKED_MAX 2000 /* events looked at for one page */

void
control_list(const struct control_request *r)
{
	const struct event_filter filter = {
	    control_string(r->json, "source"), control_string(r->json, "event"), control_number(r->json, "secret", 0)};
	enum event_state state = state_of_word(control_string(r->json, "state"));
	uint64_t at = control_number(r->json, "from", 1), limit = control_number(r->json, "limit", CONTROL_PAGE_MAX),
		 number = 0;
	struct json_object *end = json_object_new_object();
	bool more = false;

	if (limit > CONTROL_PAGE_MAX)
		limit = CONTROL_PAGE_MAX;
	for (int looked = 0;
	     (more = spool_next(r->spooler->spool, at, &number) == 0) && looked < LOOKED_MAX && limit > 0; looked++) {
		struct control_event event;

		if (control_event_look(&event, r->spooler, number) == 0 && event_filter_fits(&filter, &event.event) &&
		    state_fits(state, event.state)) {
			control_put(r->out, control_event_row(&event));
			limit--;
		}
		at = number + 1;
	}
	json_object_object_add(end, "end", json_object_new_boolean(1));
	json_object_object_add(end, "next", more ? json_object_new_uint64(number) : NULL);
	control_put(r->out, end);
}

void
control_show(const struct control_request *r)
{
	struct control_event event;

	if (control_event_look(&event, r->spooler, r->number) != 0) {
		control_put_errno(r->out, "event");
		return;
	}
	control_put(r->out, control_event_full(&event));
	control_put_end(r->out);
}

void
control_body(const struct control_request *r)
{
	struct event event;

	if (spool_event(r->spooler->spool, r->number, &event) != 0) {
		control_put_errno(r->out, "event");
		return;
	}
	evbuffer_add_printf(r->out, "{\"end\":true,\"bytes\":%zu}\n", event.body_len);
	evbuffer_add(r->out, event.body, event.body_len);
}

/* The answer is what the run prints, as it comes, and how it ends; the client may wait for it as long as that takes. */
void
control_follow(const struct control_request *r)
{
	struct timeval idle = {CONTROL_IDLE_SECONDS, 0};
	uint64_t token = schedule_follow(r->spooler->schedule, r->number, control_string(r->json, "hook"));

	if (token == 0)
		control_put_error(r->out, "not-running", "no hook runs for this event now");
	else if (followers_add(r->spooler->followers, r->client, token) != 0)
		control_put_error(r->out, "failed", "too many are followed already");
	else
		bufferevent_set_timeouts(r->client, NULL, &idle);
}
