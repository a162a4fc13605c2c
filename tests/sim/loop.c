/* Few events: arrays do. */
#include "loop.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "../model/reference.h"

#define EVENTS_MAX 16
#define TURN_MAX 100000 /* calls: a turn that does not end is a bug */

struct event {
	event_callback_fn call;
	void *argument;
	bool persists, timed, active;
	short why;
	uint64_t at_ms, order, every_ms;
};

static struct event *timed[EVENTS_MAX], *active[EVENTS_MAX];
static size_t ntimed, nactive;
static uint64_t now_ms, order;

void
loop_clear(void)
{
	ntimed = nactive = 0;
}

void
loop_set_now(uint64_t ms)
{
	now_ms = ms;
}

uint64_t
loop_now(void)
{
	return now_ms;
}

static void
put(struct event **all, size_t *n, struct event *event)
{
	if (*n == EVENTS_MAX)
		fail("the loop has more events than there is room for");
	all[(*n)++] = event;
}

static void
take(struct event **all, size_t *n, const struct event *event)
{
	size_t i = 0;

	while (i < *n && all[i] != event)
		i++;
	if (i == *n)
		return;
	memmove(all + i, all + i + 1, (--*n - i) * sizeof all[0]);
}

static void
stop_timer(struct event *event)
{
	if (event->timed)
		take(timed, &ntimed, event);
	event->timed = false;
}

static void
stop_activity(struct event *event)
{
	if (event->active)
		take(active, &nactive, event);
	event->active = false;
}

struct event *
event_new(struct event_base *base, evutil_socket_t fd, short what, event_callback_fn call, void *argument)
{
	struct event *event = calloc(1, sizeof *event);

	(void)base;
	(void)fd;
	event->call = call;
	event->argument = argument;
	event->persists = (what & EV_PERSIST) != 0;
	return event;
}

int
event_del(struct event *event)
{
	stop_timer(event);
	stop_activity(event);
	return 0;
}

void
event_free(struct event *event)
{
	event_del(event);
	free(event);
}

static void
start_timer(struct event *event, uint64_t at_ms)
{
	stop_timer(event);
	event->at_ms = at_ms;
	event->order = ++order;
	event->timed = true;
	put(timed, &ntimed, event);
}

int
event_add(struct event *event, const struct timeval *delay)
{
	if (delay == NULL)
		return 0;
	if (event->active && (event->why & EV_TIMEOUT) != 0)
		stop_activity(event);
	event->every_ms = (uint64_t)delay->tv_sec * 1000 + (uint64_t)delay->tv_usec / 1000;
	start_timer(event, now_ms + event->every_ms);
	return 0;
}

void
event_active(struct event *event, int why, short calls)
{
	(void)calls;
	if (event->active) {
		event->why |= (short)why;
		return;
	}
	event->active = true;
	event->why = (short)why;
	put(active, &nactive, event);
}

int
event_pending(const struct event *event, short what, struct timeval *when)
{
	short state = (short)((event->timed ? EV_TIMEOUT : 0) | (event->active ? event->why : 0));

	(void)when;
	return state & what;
}

static struct event *
first_timer(void)
{
	struct event *first = NULL;

	for (size_t i = 0; i < ntimed; i++)
		if (first == NULL || timed[i]->at_ms < first->at_ms ||
		    (timed[i]->at_ms == first->at_ms && timed[i]->order < first->order))
			first = timed[i];
	return first;
}

uint64_t
loop_next(void)
{
	const struct event *first = first_timer();

	return first != NULL ? first->at_ms : LOOP_NEVER;
}

bool
loop_is_quiet(void)
{
	return nactive == 0 && loop_next() > now_ms;
}

static void
call_first(void)
{
	struct event *event = active[0];

	stop_activity(event);
	if (!event->persists)
		stop_timer(event);
	else if (event->every_ms > 0)
		start_timer(event,
		    event->at_ms + event->every_ms > now_ms ? event->at_ms + event->every_ms
							    : now_ms + event->every_ms);
	event->call(-1, event->why, event->argument);
}

void
loop_turn(void)
{
	struct event *event;

	while ((event = first_timer()) != NULL && event->at_ms <= now_ms) {
		stop_timer(event);
		event_active(event, EV_TIMEOUT, 1);
	}
	for (unsigned i = 0; nactive > 0; i++) {
		if (i == TURN_MAX)
			fail("a turn of the loop never ends");
		call_first();
	}
}
