/* Watches the free space of the spool's file system; says in the log when it runs out and when it is back. */
#include "space.h"

#include <errno.h>
#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "../conf/conf.h"
#include "../lib/log.h"
#include "spooler.h"

struct space {
	const struct spooler *spooler;
	struct event *timer;
	bool enough;
};

static void
look(evutil_socket_t fd, short what, void *argument)
{
	struct space *space = argument;
	struct statvfs disk;
	uint64_t available;
	bool enough;

	(void)fd;
	(void)what;
	if (statvfs(space->spooler->conf->spool, &disk) != 0) {
		log_error("spool: statvfs %s: %s", space->spooler->conf->spool, strerror(errno));
		return;
	}
	available = (uint64_t)disk.f_bavail * disk.f_frsize;
	enough = available >= space->spooler->conf->min_free;
	if (enough != space->enough) {
		if (enough)
			log_info(
			    "spool: %llu bytes are free again, webhooks are accepted", (unsigned long long)available);
		else
			log_error("spool: only %llu bytes are free, less than min-free: webhooks are answered 503",
			    (unsigned long long)available);
	}
	space->enough = enough;
}

struct space *
space_new(struct spooler *spooler)
{
	struct space *space = calloc(1, sizeof *space);
	struct timeval second = {1, 0};

	if (space == NULL)
		return NULL;
	space->spooler = spooler;
	space->enough = true;
	if ((space->timer = event_new(spooler->base, -1, EV_PERSIST, look, space)) == NULL ||
	    event_add(space->timer, &second) != 0) {
		space_free(space);
		errno = ENOMEM;
		return NULL;
	}
	look(-1, 0, space);
	return space;
}

void
space_free(struct space *space)
{
	if (space == NULL)
		return;
	if (space->timer != NULL)
		event_free(space->timer);
	free(space);
}

bool
space_enough(const struct space *space)
{
	return space->enough;
}
