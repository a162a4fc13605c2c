/*
 * What is wrong with a spooler that does not come up, its own line in the log says: here there is one line when it is started, one
 * when that did not help, and longer and longer waits.
 */
#include "autostart.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/log.h"
#include "starter.h"
#include "target.h"

#define WAIT_FIRST_MS \
	200 /* between attempts that did not help: whoever was killed while it started is there again soon; */
#define WAIT_MAX_MS 60000 /* doubling up to this, once it was told */
#define TOLD_AFTER 3	  /* attempts: by then something is wrong */

int
autostart_init(struct autostart *autostart, const struct conf *conf, const char *file)
{
	*autostart = (struct autostart){.starter = -1};
	if (!conf->autostart)
		return 0;
	if ((autostart->program = strdup(conf->spooler)) == NULL)
		return -1;
	return (autostart->starter = starter_new(autostart->program, file)) != -1 ? 0 : -1;
}

static void
tell(const struct autostart *autostart, const char *socket, int error)
{
	if (autostart->failed == 0 && error != 0)
		log_error("no spooler at %s, and %s can't be started: %s", socket, autostart->program, strerror(error));
	else if (autostart->failed == 0)
		log_info("no spooler at %s: starting %s", socket, autostart->program);
	else if (autostart->failed == TOLD_AFTER)
		log_error("%s was started and is not there: its log, or the web server's, says why; it is tried again "
			  "every %d s and when the configuration changes",
		    autostart->program, WAIT_MAX_MS / 1000);
}

bool
autostart_is_over(const struct autostart *autostart)
{
	return atomic_load(&autostart->over);
}

void
autostart_try(struct autostart *autostart, const char *socket, uint64_t now)
{
	int error;

	if (autostart->starter == -1 || autostart_is_over(autostart) ||
	    (autostart->wait_ms > 0 && now - autostart->tried_ms < autostart->wait_ms))
		return;
	autostart->tried_ms = now;
	error = starter_start(autostart->starter) == 0 ? 0 : errno;
	if (error == EBUSY) {
		autostart->wait_ms = WAIT_FIRST_MS; /* another responder does it */
		return;
	}
	if (error == EPIPE || error == ECONNRESET) {
		log_error(
		    "no spooler at %s, and the process that would start one has ended; so does this responder, and the "
		    "web server starts another",
		    socket);
		atomic_store(&autostart->over, true);
		return;
	}
	tell(autostart, socket, error);
	autostart->wait_ms = autostart->failed++ < TOLD_AFTER ? WAIT_FIRST_MS : autostart->wait_ms * 2;
	if (autostart->wait_ms > WAIT_MAX_MS)
		autostart->wait_ms = WAIT_MAX_MS;
}

void
autostart_rest(struct autostart *autostart)
{
	if (autostart->tried_ms > 0)
		starter_rest(autostart->starter);
	autostart->tried_ms = autostart->wait_ms = 0;
	autostart->failed = 0;
}

void
autostart_follow(struct autostart *autostart, const struct target *target)
{
	if (target->autostart && (autostart->starter == -1 || strcmp(target->spooler, autostart->program) != 0))
		log_warn("autostart and spooler hold from the responder's next start");
	autostart->wait_ms = 0;
	autostart->failed = 0;
}
