/* Each time a little: what takes long holds webhooks up. */
#include "upkeep.h"

#include <errno.h>
#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "../spool/jumps.h"
#include "../spool/spool.h"
#include "batch.h"
#include "broken.h"
#include "schedule.h"
#include "spooler.h"

#define UPKEEP_SECONDS 1
#define FORGET_SECONDS 60 /* from the start until something is forgotten: a clock that is wrong then may be set */
#define SOON_MS 20	  /* between two turns when there is more to do: a fifth of the time at most */

struct upkeep {
	struct spooler *spooler;
	struct event *timer, *soon;
	uint64_t forget_at_ms;
	unsigned log_files; /* as far as the runner knows */
};

void
upkeep_log(struct upkeep *upkeep)
{
	unsigned files;

	log_follow();
	files = log_files();
	if (files != upkeep->log_files && schedule_log(upkeep->spooler->schedule, log_descriptor()) == 0)
		upkeep->log_files = files;
}

/* Also before events come, so that none has the time of a clock that was set there and back between two looks. */
static void
look_at_clocks(void *argument)
{
	struct spooler *spooler = argument;
	int64_t by_ms;

	if (spool_clocks(spooler->spool, &(struct clocks){clock_wall_ms(), clock_boot_ms()}, &by_ms) != 0) {
		log_flood(LOG_FLOOD_ERROR, "spool", "clock", "spool: can't store that the clock was set: %s",
		    strerror(errno));
	} else if (by_ms != 0) {
		log_warn("the clock was set %s by %lld s: what is kept for a time is kept as long as without that",
		    by_ms > 0 ? "forward" : "back", (long long)(by_ms > 0 ? by_ms : -by_ms) / 1000);
		schedule_clock_was_set(spooler->schedule);
	}
}

/* Forget what has been kept long enough, a little at a time. */
static void
retain(struct upkeep *upkeep)
{
	const struct conf *conf = upkeep->spooler->conf;
	const struct timeval soon = {0, SOON_MS * 1000};
	const struct spool_ages ages = {
	    clock_wall_ms(), conf->keep_ms, conf->dedup_ms, clock_monotonic_ms() >= upkeep->forget_at_ms};
	int more;

	if (upkeep->spooler->stopping)
		return;
	more = spool_retain(upkeep->spooler->spool, &ages);
	if (more < 0)
		log_flood(LOG_FLOOD_ERROR, "spool", "retain",
		    "spool: can't let go of what has been kept long enough: %s", strerror(errno));
	if (more > 0)
		event_add(upkeep->soon, &soon);
	broken_check(upkeep->spooler->spool);
}

static void
on_soon(evutil_socket_t fd, short what, void *argument)
{
	struct upkeep *upkeep = argument;

	(void)fd;
	(void)what;
	batch_commit(upkeep->spooler->batch);
	retain(upkeep);
}

static void
on_time(evutil_socket_t fd, short what, void *argument)
{
	struct upkeep *upkeep = argument;

	(void)fd;
	(void)what;
	batch_commit(upkeep->spooler->batch);
	look_at_clocks(upkeep->spooler);
	upkeep_log(upkeep);
	log_flood_tell(false);
	retain(upkeep);
}

struct upkeep *
upkeep_new(struct spooler *spooler)
{
	struct upkeep *upkeep = calloc(1, sizeof *upkeep);
	struct timeval interval = {UPKEEP_SECONDS, 0};

	if (upkeep == NULL)
		return NULL;
	upkeep->spooler = spooler;
	upkeep->forget_at_ms = clock_monotonic_ms() + FORGET_SECONDS * 1000;
	look_at_clocks(spooler);
	batch_before(spooler->batch, look_at_clocks, spooler);
	if ((upkeep->soon = event_new(spooler->base, -1, 0, on_soon, upkeep)) == NULL ||
	    (upkeep->timer = event_new(spooler->base, -1, EV_PERSIST, on_time, upkeep)) == NULL ||
	    event_add(upkeep->timer, &interval) != 0) {
		upkeep_free(upkeep);
		errno = ENOMEM;
		return NULL;
	}
	return upkeep;
}

void
upkeep_free(struct upkeep *upkeep)
{
	if (upkeep == NULL)
		return;
	batch_before(upkeep->spooler->batch, NULL, NULL);
	if (upkeep->soon != NULL)
		event_free(upkeep->soon);
	if (upkeep->timer != NULL)
		event_free(upkeep->timer);
	free(upkeep);
}
