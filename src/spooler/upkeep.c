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
#define PRUNE_SECONDS \
	60 /* between passes over what may be forgotten; before the first, a clock that is wrong at the start may be set */
#define PRUNE_EVENTS 500 /* of one pass per second: a transaction that holds webhooks up for some ms */

struct upkeep {
	struct spooler *spooler;
	struct event *timer;
	uint64_t prune_at_ms;
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

static void
look_at_clocks(struct spooler *spooler)
{
	int64_t by_ms;

	if (spool_clocks(spooler->spool, &(struct clocks){clock_wall_ms(), clock_boot_ms()}, &by_ms) != 0) {
		log_error("spool: can't store that the clock was set: %s", strerror(errno));
	} else if (by_ms != 0) {
		log_warn("the clock was set %s by %lld s: what is kept for a time is kept as long as without that",
		    by_ms > 0 ? "forward" : "back", (long long)(by_ms > 0 ? by_ms : -by_ms) / 1000);
		schedule_clock_was_set(spooler->schedule);
	}
}

/* Forget what has been kept long enough, a little at a time. */
static void
prune(struct upkeep *upkeep)
{
	const struct conf *conf = upkeep->spooler->conf;
	const struct spool_ages ages = {clock_wall_ms(), conf->keep_ms, conf->dedup_ms};
	struct spool *spool = upkeep->spooler->spool;
	uint64_t now = clock_monotonic_ms();
	int more;

	if (now < upkeep->prune_at_ms || upkeep->spooler->stopping)
		return;
	if (spool_begin(spool) != 0)
		return;
	more = spool_prune(spool, &ages, PRUNE_EVENTS);
	if (more < 0)
		log_error("spool: can't remove old events: %s", strerror(errno));
	if (more < 0)
		spool_abort(spool);
	else if (spool_commit(spool) != 0)
		log_error("spool: can't commit the removal of old events: %s", strerror(errno));
	if (more != 1)
		upkeep->prune_at_ms = now + PRUNE_SECONDS * 1000;
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
	prune(upkeep);
	broken_check(upkeep->spooler->spool);
}

struct upkeep *
upkeep_new(struct spooler *spooler)
{
	struct upkeep *upkeep = calloc(1, sizeof *upkeep);
	struct timeval interval = {UPKEEP_SECONDS, 0};

	if (upkeep == NULL)
		return NULL;
	upkeep->spooler = spooler;
	upkeep->prune_at_ms = clock_monotonic_ms() + PRUNE_SECONDS * 1000;
	look_at_clocks(spooler);
	if ((upkeep->timer = event_new(spooler->base, -1, EV_PERSIST, on_time, upkeep)) == NULL ||
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
	if (upkeep->timer != NULL)
		event_free(upkeep->timer);
	free(upkeep);
}
