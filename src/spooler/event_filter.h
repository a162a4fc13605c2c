/* Which events an operator means: list, tail, retry and drop take the same words for it. */
#ifndef HOOKSPOOL_EVENT_FILTER_H
#define HOOKSPOOL_EVENT_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "state.h"

struct event;
struct spool;
struct spool_delivery;

/* How the last attempt of a delivery failed. */
struct event_failure {
	int end; /* enum run_end; 0: as anything */
	bool any_code;
	long code;
	const char *output; /* what it printed has this; NULL: anything */
};

struct event_filter {
	const char *source, *type; /* NULL: any; TYPE is a glob */
	uint64_t secret;	   /* the position of the one that authenticated it; 0: any */
	const char *id, *lane;	   /* NULL: any */
	uint64_t since_ms;	   /* received at this time or later, */
	uint64_t until_ms;	   /* and before this one; 0: whenever */
	uint64_t attempts;	   /* so many in all, or more */
	bool failed;		   /* one of its deliveries as FAILURE says */
	struct event_failure failure;
};

/* Whether the event's own record fits. */
bool event_filter_fits(const struct event_filter *, const struct event *);

/* The numbers that its times leave: from *FIRST on, before *END. */
void event_filter_range(const struct event_filter *, struct spool *, uint64_t *first, uint64_t *end);

/* What an event in STATE has one of, for spool_may_have(). */
unsigned event_filter_counted(enum event_state);

/* Whether what became of event NUMBER, with all its N deliveries, fits. */
struct event_runs {
	uint64_t number;
	const struct spool_delivery *all;
	int n;
};
bool event_filter_fits_runs(const struct event_filter *, struct spool *, const struct event_runs *);

/*
 * FAILURE from words: a result as "show" prints it (run_end_word()), alone or with ":" and the code, or "output:" and a text, which is
 * borrowed.  Returns 0, or -1: it is none.
 */
int event_filter_failure(struct event_failure *, const char *words);

#endif
