/* A page of a long list at a time, so that the loop and its memory stay with the webhooks. */
#include "control_look.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "../protocol/control.h"
#include "../protocol/event.h"
#include "../spool/spool.h"
#include "control_event.h"
#include "control_filter.h"
#include "control_line.h"
#include "event_filter.h"
#include "followers.h"
#include "schedule.h"
#include "spooler.h"
#include "state.h"
#include "watchers.h"

#define LOOKED_MAX 2000 /* events looked at for one page */
#define SAME_ID_MAX 64	/* events of different sources, or with ids that read alike */

/* A list as it is asked for: what fits, and the way through the numbers. */
struct look {
	const struct control_request *r;
	struct event_filter filter;
	enum event_state state;
	bool newest;
	uint64_t at, first, end, left; /* from here on; not before FIRST, before END; so many rows */
};

static void
look_at(struct look *look, uint64_t number)
{
	struct control_event event;
	struct spool *spool = look->r->spooler->spool;

	if (control_event_look(&event, look->r->spooler, number) != 0 ||
	    !event_filter_fits(&look->filter, &event.event) || !state_fits(look->state, event.state) ||
	    !event_filter_fits_runs(&look->filter, spool, &(struct event_runs){number, event.all, event.n}))
		return;
	control_put(look->r->out, control_event_row(&event));
	look->left--;
}

/* The next number on the way, or false: there is none. */
static bool
next_of(const struct look *look, uint64_t *number)
{
	struct spool *spool = look->r->spooler->spool;
	uint64_t at = look->at;

	if ((look->newest && at == 0) || !spool_may_have(spool, event_filter_counted(look->state), look->newest, &at))
		return false;
	if (look->newest)
		return spool_previous(spool, at, number) == 0 && *number >= look->first;
	return spool_next(spool, at, number) == 0 && *number < look->end;
}

static void
put_next(const struct control_request *r, bool more, uint64_t number)
{
	struct json_object *end = json_object_new_object();

	json_object_object_add(end, "end", json_object_new_boolean(1));
	json_object_object_add(end, "next", more ? json_object_new_uint64(number) : NULL);
	control_put(r->out, end);
}

/* Returns false: no source has such an id now, and all events have to be looked at. */
static bool
list_by_id(struct look *look)
{
	uint64_t numbers[SAME_ID_MAX];
	size_t n = control_filter_find(look->r->spooler, &look->filter, numbers, SAME_ID_MAX);

	for (size_t i = 0; i < n && look->left > 0; i++) {
		uint64_t number = numbers[look->newest ? n - 1 - i : i];

		if (number >= look->first && number < look->end &&
		    (look->newest ? number <= look->at : number >= look->at))
			look_at(look, number);
	}
	if (n > 0)
		put_next(look->r, false, 0);
	return n > 0;
}

static void
list(struct look *look)
{
	uint64_t number = 0;
	bool more;

	for (int looked = 0; (more = next_of(look, &number)) && looked < LOOKED_MAX && look->left > 0; looked++) {
		look_at(look, number);
		look->at = look->newest ? number - 1 : number + 1;
	}
	put_next(look->r, more, number);
}

void
control_list(const struct control_request *r)
{
	struct look look = {.r = r, .newest = control_flag(r->json, "newest")};

	if (control_filter(r, &look.filter) != 0)
		return;
	look.state = state_of_word(control_string(r->json, "state"));
	look.left = control_number(r->json, "limit", CONTROL_PAGE_MAX);
	if (look.left > CONTROL_PAGE_MAX)
		look.left = CONTROL_PAGE_MAX;
	look.at = control_number(r->json, "from", look.newest ? UINT64_MAX : 1);
	event_filter_range(&look.filter, r->spooler->spool, &look.first, &look.end);
	if (look.newest && look.at >= look.end)
		look.at = look.end - 1;
	if (!look.newest && look.at < look.first)
		look.at = look.first;
	if (look.filter.id == NULL || !list_by_id(&look))
		list(&look);
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

/* As long as the client stays; what it does not read holds nobody up. */
void
control_tail(const struct control_request *r)
{
	struct timeval idle = {CONTROL_IDLE_SECONDS, 0};

	if (watchers_add(r->spooler->watchers, r) == 0)
		bufferevent_set_timeouts(r->client, NULL, &idle);
	else if (errno == EBUSY)
		control_put_error(r->out, "failed", "too many watch already");
}
