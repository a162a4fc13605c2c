/* After each step, so it is quick. */
#include "check.h"

#include "../../src/spool/record.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/schedule.h"
#include "../../src/spooler/suspension.h"
#include "../model/reference.h"
#include "arrive.h"
#include "crew.h"
#include "disk.h"
#include "life.h"
#include "loop.h"

static void
same(const char *what, uint64_t theirs, uint64_t mine)
{
	if (theirs != mine)
		fail("%s: %llu, not %llu", what, (unsigned long long)theirs, (unsigned long long)mine);
}

static void
check_counts(void)
{
	const struct spool_counters *c = spool_counters(spooler.spool);

	same("next", c->next, m.n + 1);
	same("events", c->events, m.kept);
	same("queued", c->queued, m.counts[DELIVERY_QUEUED]);
	same("done", c->done, m.counts[DELIVERY_DONE]);
	same("dead", c->dead, m.counts[DELIVERY_DEAD]);
	same("dropped", c->dropped, m.counts[DELIVERY_DROPPED]);
	same("unhandled", c->unhandled, m.unhandled);
	same("rejected", c->rejected, m.rejected);
	same("running", schedule_count(spooler.schedule, NULL), m.running + m.unstored);
}

static void
check_hook(int h)
{
	const struct suspension *theirs = schedule_suspension(spooler.schedule, hook_name[h]);
	const struct program *mine = &m.hooks[h];

	same(hook_name[h], theirs != NULL, mine->there);
	if (theirs == NULL)
		return;
	same("suspended by hand", theirs->by_hand, mine->by_hand || mine->held);
	same("suspended", theirs->suspended, mine->suspended);
	same("failures", theirs->failures, mine->failures);
	same("probes", theirs->probes, mine->probes);
	same("runs of a hook", schedule_count(spooler.schedule, hook_name[h]), mine->running + mine->unstored);
	if (mine->suspended)
		same("the probe's time", theirs->probe_ms, mine->probe_ms);
}

void
check_step(void)
{
	crew_settle();
	life_forgets_since();
	check_counts();
	for (int h = 0; h < HOOKS; h++)
		check_hook(h);
	if (!loop_is_quiet() || crew_is_busy() || disk_is_troubled())
		return;
	if (!arrivals_are_over())
		fail("a webhook waits, and nobody will take it");
	for (int h = 0; h < HOOKS; h++)
		if (hook_may_start(h) && first_of(h) != 0)
			fail("event %llu: %s could start and does not", (unsigned long long)first_of(h), hook_name[h]);
}
