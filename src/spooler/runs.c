/* Runs are few, at most max-running: a list is searched as fast as anything. */
#include "runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slot.h"

static void
lane_name(char *out, size_t size, const struct event *event)
{
	out[0] = '\0';
	if (event->len[EVENT_LANE] > 0)
		snprintf(out, size, "%.*s/%.*s", (int)event->len[EVENT_SOURCE], event->text[EVENT_SOURCE],
		    (int)event->len[EVENT_LANE], event->text[EVENT_LANE]);
}

struct run *
runs_add(struct runs *runs, struct slot *slot, uint64_t number, const struct event *event)
{
	struct run *run = calloc(1, sizeof *run);

	if (run == NULL)
		return NULL;
	run->token = ++runs->token;
	run->slot = slot;
	run->number = number;
	run->received_ms = event->received_ms;
	run->backoff = slot->hook->backoff;
	run->probe = slot->suspension.suspended;
	lane_name(run->lane, sizeof run->lane, event);
	run->next = runs->first;
	runs->first = run;
	runs->n++;
	slot->running++;
	return run;
}

void
runs_ended(struct runs *runs, struct run *run)
{
	run->ended = true;
	runs->ended++;
	run->slot->running--;
	run->slot->unstored++;
}

void
runs_remove(struct runs *runs, struct run *run)
{
	struct run **at = &runs->first;

	while (*at != run)
		at = &(*at)->next;
	*at = run->next;
	runs->n--;
	if (run->ended) {
		runs->ended--;
		run->slot->unstored--;
	} else {
		run->slot->running--;
	}
	free(run->output);
	free(run);
}

void
runs_clear(struct runs *runs)
{
	while (runs->first != NULL)
		runs_remove(runs, runs->first);
}

struct run *
runs_with_token(const struct runs *runs, uint64_t token)
{
	struct run *run = runs->first;

	while (run != NULL && run->token != token)
		run = run->next;
	return run;
}

struct run *
runs_of(const struct runs *runs, uint64_t number, const char *hook)
{
	struct run *run = runs->first;

	while (run != NULL && (run->number != number || strcmp(run->slot->identity, hook) != 0))
		run = run->next;
	return run;
}

bool
runs_lane_busy(const struct runs *runs, uint64_t number, const struct event *event)
{
	char lane[sizeof runs->first->lane];

	lane_name(lane, sizeof lane, event);
	for (const struct run *run = runs->first; lane[0] != '\0' && run != NULL; run = run->next)
		if (run->number != number && strcmp(run->lane, lane) == 0)
			return true;
	return false;
}
