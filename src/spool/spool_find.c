/* Where events are, without looking at all of them: numbers grow with time, and with few gaps. */
#include <errno.h>

#include "spool_private.h"
#include "spool_seen.h"

int
spool_find(struct spool *spool, const struct event *like, uint64_t *number)
{
	return spool_seen_find(&spool->seen, like, number);
}

static bool
counts(const struct generation *g, unsigned what)
{
	static const enum generation_counter counter[] = {
	    COUNT_QUEUED, COUNT_DONE, COUNT_DEAD, COUNT_DROPPED, COUNT_UNHANDLED, COUNT_REJECTED};

	for (size_t i = 0; i < sizeof counter / sizeof counter[0]; i++)
		if ((what & 1u << i) != 0 && g->now.count[counter[i]] > 0)
			return true;
	return what == 0;
}

/*
 * Late ones have the numbers before the oldest generation's first, and of its own while they move out of it: place 0 is what is before, and place I
 * the Ith generation.
 */
static bool
place_counts(const struct generations *gs, size_t i, unsigned what)
{
	return (i <= 1 && counts(&gs->late, what)) || (i > 0 && counts(gs->all[i - 1], what));
}

bool
spool_may_have(const struct spool *spool, unsigned what, bool back, uint64_t *number)
{
	const struct generations *gs = &spool->generations;
	uint64_t from = *number;

	for (size_t i = 0; i <= gs->n; i++) {
		size_t at = back ? gs->n - i : i;
		uint64_t first = at == 0 ? 0 : gs->all[at - 1]->first,
			 last = at == gs->n ? UINT64_MAX : gs->all[at]->first - 1;

		if (!place_counts(gs, at, what) || (back ? first > from : last < from))
			continue;
		*number = back ? (last < from ? last : from) : first > from ? first : from;
		return true;
	}
	return false;
}

/* Whether there is an event from FROM to TO, both inclusive: its *NUMBER, the smallest.  Returns 1, 0, or -1 with errno. */
static int
any_between(struct spool *spool, uint64_t from, uint64_t to, uint64_t *number)
{
	if (spool_next(spool, from, number) != 0)
		return errno == ENOENT ? 0 : -1;
	return *number <= to;
}

uint64_t
spool_since(struct spool *spool, uint64_t since_ms)
{
	uint64_t low = 0, high = spool->counters.next, found = high;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2, number;
		struct event event;

		if (any_between(spool, middle, high - 1, &number) <= 0) {
			high = middle;
		} else if (spool_event_head(spool, number, &event) != 0) {
			return 0;
		} else if (spool_received(spool, number, event.received_ms) < since_ms) {
			low = number + 1;
		} else {
			found = number;
			high = middle;
		}
	}
	return found;
}

int
spool_previous(struct spool *spool, uint64_t from, uint64_t *number)
{
	uint64_t low = from < spool->counters.next ? from : spool->counters.next, high = low, step = 1;
	int there;

	/* Down in ever longer steps until there is one, */
	while ((there = any_between(spool, low, high, number)) == 0 && low > 0) {
		low = low > step ? low - step : 0;
		step *= 2;
	}
	if (there <= 0) {
		if (there == 0)
			errno = ENOENT;
		return -1;
	}
	/* and up again to the last that is. */
	for (low = *number; low < high && there >= 0;) {
		uint64_t middle = low + (high - low + 1) / 2;

		if ((there = any_between(spool, middle, high, number)) > 0)
			low = *number;
		else
			high = middle - 1;
	}
	*number = low;
	return there < 0 ? -1 : 0;
}
