/* When the schedule looks at what there is to start. */
#include <event2/event.h>

#include "../lib/clock.h"
#include "schedule_parts.h"

void
schedule_turn_in(struct schedule *schedule, uint64_t ms)
{
	struct timeval delay = clock_delay(ms);
	uint64_t at = clock_monotonic_ms() + ms;

	if (schedule->turn_at_ms != 0 && schedule->turn_at_ms <= at)
		return;
	schedule->turn_at_ms = at;
	event_add(schedule->turn, &delay);
}
