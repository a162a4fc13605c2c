/* Told by the disk of a transaction's begin and end, by a wrapped spool_outcome() of what is in it. */
#include "ledger.h"

#include <string.h>

#include "../../src/spool/spool.h"
#include "disk.h"
#include "presence.h"
#include "sim.h"

#define CHANGES_MAX 1024
#define ENDED_MAX 64

/* An arrival, or else an outcome. */
struct change {
	struct arrival *arrival;
	uint64_t number;
	int hook;
	struct delivery after;
};

struct ended {
	uint64_t number;
	int hook;
	struct run_report report;
};

static struct change changes[CHANGES_MAX];
static struct ended ended[ENDED_MAX];
static size_t nchanges, nended;
static void (*operator)(void);

int __real_spool_outcome(struct spool *, const struct spool_outcome *);
int __wrap_spool_outcome(struct spool *, const struct spool_outcome *);

static void
add(const struct change *change)
{
	if (nchanges == CHANGES_MAX)
		fail("a transaction with more than there is room for");
	changes[nchanges++] = *change;
}

void
ledger_arrival(struct arrival *arrival)
{
	add(&(struct change){.arrival = arrival});
}

void
ledger_ended(uint64_t number, int hook, const struct run_report *report)
{
	struct task *d = &event_of(number)->d[hook];

	if (nended == ENDED_MAX)
		fail("more runs have ended than there is room for");
	run_stops(number, hook);
	d->ended = true;
	m.hooks[hook].unstored++;
	m.unstored++;
	ended[nended++] = (struct ended){number, hook, *report};
}

int
__wrap_spool_outcome(struct spool *spool, const struct spool_outcome *o)
{
	int result = __real_spool_outcome(spool, o);

	if (result == 0)
		add(&(struct change){.number = o->number, .hook = hook_named(o->hook), .after = *o->after});
	return result;
}

void
ledger_operator(void (*happens)(void))
{
	operator= happens;
}

static bool
is_stored(const struct arrival *a)
{
	return a != NULL && (a->expected == SUBMIT_STORED || a->expected == SUBMIT_KEPT);
}

int64_t
ledger_queued(void)
{
	int64_t queued = 0;

	for (size_t i = 0; i < nchanges; i++)
		if (is_stored(changes[i].arrival))
			queued += changes[i].arrival->hooks;
		else if (changes[i].arrival == NULL)
			queued -= changes[i].after.state != DELIVERY_QUEUED;
	return queued;
}

uint64_t
ledger_stored(void)
{
	uint64_t n = 0;

	for (size_t i = 0; i < nchanges; i++)
		n += is_stored(changes[i].arrival);
	return n;
}

const struct arrival *
ledger_with_id(const struct webhook *said)
{
	for (size_t i = nchanges; i-- > 0;)
		if (is_stored(changes[i].arrival) && !changes[i].arrival->said.rejected &&
		    changes[i].arrival->said.id == said->id && changes[i].arrival->said.source == said->source)
			return changes[i].arrival;
	return NULL;
}

const struct arrival *
ledger_with_guard(const struct webhook *said)
{
	for (size_t i = nchanges; i-- > 0 && said->guard != 0;)
		if (is_stored(changes[i].arrival) && changes[i].arrival->said.guard == said->guard)
			return changes[i].arrival;
	return NULL;
}

static struct ended *
ended_of(const struct change *change)
{
	for (size_t i = 0; i < nended; i++)
		if (ended[i].number == change->number && ended[i].hook == change->hook)
			return &ended[i];
	fail("event %llu: an outcome of %d, of which no run has ended", (unsigned long long)change->number,
	    change->hook);
}

static void
outcome_happens(const struct change *change)
{
	struct ended *e = ended_of(change);
	struct task *d = &event_of(e->number)->d[e->hook];

	run_counts(e->number, e->hook, &e->report, change->after.next_ms);
	if ((int)change->after.state != d->state || change->after.attempts != d->attempts ||
	    change->after.attempts_all != d->attempts_all)
		fail("event %llu: %s: state %d after attempt %u of %u, not %d after %u of %u",
		    (unsigned long long)e->number, hook_name[e->hook], change->after.state, change->after.attempts,
		    change->after.attempts_all, d->state, d->attempts, d->attempts_all);
	d->ended = false;
	m.hooks[e->hook].unstored--;
	m.unstored--;
	*e = ended[--nended];
}

static void
on_begun(void)
{
	nchanges = 0;
}

static void
on_durable(void)
{
	size_t n = nchanges;

	nchanges = 0;
	sim_trace(n);
	for (size_t i = 0; i < n; i++)
		if (changes[i].arrival != NULL)
			arrival_happens(changes[i].arrival);
		else
			outcome_happens(&changes[i]);
	if (n == 0 && operator!= NULL)
		operator();
	if (disk_moved())
		presence_look();
}

void
ledger_open(void)
{
	disk_tell(&(struct disk_told){on_begun, on_begun, on_durable});
}

void
ledger_crash(void)
{
	nchanges = nended = 0;
	operator= NULL;
}
