/* Pure: no clock and no table. */
#include "suspension.h"

#include <string.h>

#include "../conf/conf.h"
#include "backoff.h"

static uint64_t
probe_delay(const struct hook *hook, unsigned probes, uint32_t jitter)
{
	struct backoff backoff = hook->backoff;

	if (backoff.max_ms > SUSPENSION_PROBE_MAX_MS)
		backoff.max_ms = SUSPENSION_PROBE_MAX_MS;
	return backoff_delay(&backoff, probes + 1, jitter);
}

enum suspension_change
suspension_ended(struct suspension *s, const struct hook *hook, const struct suspension_run *run)
{
	bool was = s->suspended;

	if (run->worked || hook->suspend_after == 0) {
		s->failures = s->probes = 0;
		s->suspended = false;
		return was ? SUSPENSION_OPENED : SUSPENSION_SAME;
	}
	s->failures++;
	if (was && !run->probe)
		return SUSPENSION_SAME; /* it began before; the probe's time stays */
	if (was)
		s->probes++;
	if (s->failures < hook->suspend_after)
		return SUSPENSION_SAME;
	s->suspended = true;
	if (!was)
		s->since_ms = run->now_ms;
	s->probe_ms = run->now_ms + probe_delay(hook, s->probes, run->jitter);
	return was ? SUSPENSION_SAME : SUSPENSION_CLOSED;
}

void
suspension_open(struct suspension *s)
{
	memset(s, 0, sizeof *s);
}

uint64_t
suspension_until(const struct suspension *s, unsigned running)
{
	if (s->by_hand)
		return UINT64_MAX;
	if (!s->suspended)
		return 0;
	return running > 0 ? UINT64_MAX : s->probe_ms;
}
