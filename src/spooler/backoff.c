/* Exponential backoff with jitter and cap; never overflows, whatever the configuration says. */
#include "backoff.h"

#include "../conf/conf.h"

uint64_t
backoff_delay(const struct backoff *backoff, uint32_t failures, uint32_t jitter)
{
	uint64_t delay = backoff->first_ms, spread;

	for (uint32_t i = 1; i < failures && delay < backoff->max_ms; i++) {
		if (backoff->factor < 2)
			break;
		delay = delay > backoff->max_ms / backoff->factor ? backoff->max_ms : delay * backoff->factor;
	}
	if (delay > backoff->max_ms)
		delay = backoff->max_ms;
	spread = delay / 5;
	return delay - spread / 2 + jitter % (spread + 1);
}
