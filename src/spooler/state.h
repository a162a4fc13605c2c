/*
 * The state of a delivery, and of an event with its deliveries, as an operator sees it: what is on disk, and what only this process knows
 * (is it running? does the configuration still have its hook?).  In order of attention: the last of several deliveries' stands for the event.
 */
#ifndef HOOKSPOOL_STATE_H
#define HOOKSPOOL_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;
struct spool_delivery;
struct spooler;

enum event_state {
	STATE_ANY, /* as what is asked for only, like STATE_UNKNOWN */
	STATE_DONE,
	STATE_DROPPED,
	STATE_QUEUED,
	STATE_UNHANDLED, /* no hook of the configuration matches */
	STATE_RUNNING,
	STATE_DEAD,
	STATE_REJECTED, /* an event without deliveries, kept for debugging */
	STATE_UNKNOWN	/* a word that is none of these */
};

/* The word that is shown, a constant. */
const char *state_word(enum event_state);

/* The state that WORD says, STATE_ANY when it is NULL, or STATE_UNKNOWN. */
enum event_state state_of_word(const char *word);

/* Is STATE what is asked for? */
bool state_fits(enum event_state asked, enum event_state state);

/* One delivery's. */
enum event_state state_of_delivery(const struct spooler *, uint64_t number, const struct spool_delivery *);

/* An event with all its N deliveries. */
struct state_event {
	uint64_t number;
	const struct event *event;
	const struct spool_delivery *all;
	int n;
};
enum event_state state_of_event(const struct spooler *, const struct state_event *);

#endif
