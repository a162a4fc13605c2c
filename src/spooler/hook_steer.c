/* A hook that the configuration no longer has can be resumed, so that it is not suspended when it comes back. */
#include "hook_steer.h"

#include <errno.h>
#include <stdint.h>

#include "../lib/clock.h"
#include "../spool/spool.h"
#include "batch.h"
#include "binding.h"
#include "schedule.h"
#include "spooler.h"

static int
remember(struct spooler *spooler, const char *hook, uint64_t since_ms)
{
	return batch_begin(spooler->batch) != 0
	    ? -1
	    : batch_end(spooler->batch, spool_suspend(spooler->spool, hook, since_ms));
}

int
hook_steer_suspend(struct spooler *spooler, const char *hook)
{
	uint64_t now = clock_wall_ms();

	if (!binding_exists(spooler->conf, hook)) {
		errno = ENOENT;
		return -1;
	}
	if (remember(spooler, hook, now) != 0)
		return -1;
	schedule_suspend(spooler->schedule, hook, now);
	return 0;
}

int
hook_steer_resume(struct spooler *spooler, const char *hook)
{
	uint64_t since;

	if (!binding_exists(spooler->conf, hook) && spool_suspended(spooler->spool, hook, &since) != 0)
		return -1;
	if (remember(spooler, hook, 0) != 0)
		return -1;
	schedule_suspend(spooler->schedule, hook, 0);
	return 0;
}

int
hook_steer_pause(struct spooler *spooler)
{
	uint64_t now = clock_wall_ms();

	if (remember(spooler, SPOOL_EVERY_HOOK, now) != 0)
		return -1;
	schedule_pause(spooler->schedule, now);
	return 0;
}

int
hook_steer_go_on(struct spooler *spooler)
{
	if (remember(spooler, SPOOL_EVERY_HOOK, 0) != 0)
		return -1;
	schedule_pause(spooler->schedule, 0);
	return 0;
}
