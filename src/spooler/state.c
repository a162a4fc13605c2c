/* All the words are here, and here only. */
#include "state.h"

#include <string.h>

#include "../protocol/event.h"
#include "../spool/spool.h"
#include "binding.h"
#include "schedule.h"
#include "spooler.h"

static const char *const words[] = {
    [STATE_ANY] = "any",
    [STATE_DONE] = "done",
    [STATE_DROPPED] = "dropped",
    [STATE_QUEUED] = "queued",
    [STATE_UNHANDLED] = "unhandled",
    [STATE_RUNNING] = "running",
    [STATE_DEAD] = "dead",
    [STATE_REJECTED] = "rejected",
    [STATE_UNKNOWN] = "unknown",
};

const char *
state_word(enum event_state state)
{
	return words[state];
}

enum event_state
state_of_word(const char *word)
{
	enum event_state state = STATE_DONE;

	if (word == NULL)
		return STATE_ANY;
	while (state < STATE_UNKNOWN && strcmp(words[state], word) != 0)
		state++;
	return state;
}

bool
state_fits(enum event_state asked, enum event_state state)
{
	return asked == STATE_ANY || asked == state;
}

enum event_state
state_of_delivery(const struct spooler *spooler, uint64_t number, const struct spool_delivery *d)
{
	switch (d->delivery.state) {
	case DELIVERY_DEAD:
		return STATE_DEAD;
	case DELIVERY_DONE:
		return STATE_DONE;
	case DELIVERY_DROPPED:
		return STATE_DROPPED;
	default:
		if (schedule_running(spooler->schedule, number, d->hook))
			return STATE_RUNNING;
		return binding_exists(spooler->conf, d->hook) ? STATE_QUEUED : STATE_UNHANDLED;
	}
}

enum event_state
state_of_event(const struct spooler *spooler, const struct state_event *e)
{
	enum event_state state = e->n == 0 ? STATE_UNHANDLED : STATE_DONE;

	if (e->event->kind == EVENT_REJECTED)
		return STATE_REJECTED;
	for (int i = 0; i < e->n; i++) {
		enum event_state one = state_of_delivery(spooler, e->number, &e->all[i]);

		state = one > state ? one : state;
	}
	return state;
}
