/*
 * The spooler's life.  The order matters: log, lock, sockets and user first, with the rights it was started with; then the runner, while the
 * process is small and has no spool open; then the spool.  A responder that connects meanwhile waits in the backlog.
 */
#include "life.h"

#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "../lib/place.h"
#include "../spool/spool.h"
#include "batch.h"
#include "control.h"
#include "followers.h"
#include "hook_users.h"
#include "listener.h"
#include "notify.h"
#include "reload.h"
#include "rights.h"
#include "runner_fork.h"
#include "schedule.h"
#include "sockets.h"
#include "space.h"
#include "spooler.h"
#include "upkeep.h"
#include "watchers.h"

#define LOOK_SECONDS 1	/* between looks whether the sockets are there */
#define STOP_LOOK_MS 50 /* between looks whether running hooks have finished after SIGTERM */

struct service {
	struct spooler spooler;
	struct listener *listener;
	struct control *control;
	struct upkeep *upkeep;
	struct event *term, *interrupt, *hangup, *stopping, *look;
	pid_t runner;
	uint64_t stop_at_ms;
	char *places[2]; /* of the sockets, whatever a reload says */
	bool lost;	 /* one of them is gone */
};

static void
stop(struct service *service)
{
	struct timeval look = clock_delay(STOP_LOOK_MS);

	notify("STOPPING=1");
	service->spooler.stopping = true;
	service->stop_at_ms = clock_monotonic_ms() + service->spooler.conf->shutdown_grace_ms;
	listener_stop(service->listener);
	schedule_stop(service->spooler.schedule);
	event_add(service->stopping, &look);
	event_active(service->stopping, EV_TIMEOUT, 0);
}

static void
on_stop(evutil_socket_t number, short what, void *argument)
{
	struct service *service = argument;

	(void)what;
	if (service->spooler.stopping) {
		event_base_loopbreak(service->spooler.base); /* asked twice: at once */
		return;
	}
	log_info("signal %d: no more webhooks; %u hooks may finish within %llu ms", (int)number,
	    schedule_count(service->spooler.schedule, NULL),
	    (unsigned long long)service->spooler.conf->shutdown_grace_ms);
	stop(service);
}

/* Its parent, as we know it, was stopped, by a hook with its user: no hook would start, and nobody would end.  Returns whether it had been. */
static bool
wake_runner(pid_t runner, int options)
{
	int status;

	if (waitpid(runner, &status, options | WUNTRACED) != runner || !WIFSTOPPED(status))
		return false;
	log_flood(LOG_FLOOD_ERROR, "runner", "stopped",
	    "the runner's parent was stopped, by a hook or by hand: it is told to go on%s",
	    kill(runner, SIGCONT) == 0 ? "" : ", and that is not allowed");
	return true;
}

/*
 * A socket whose name was removed, or its directory, is none that anybody finds, and the lock keeps another hookspoold from making it anew.  Only
 * who starts has the rights to; whoever sees to that a hookspoold runs starts the next.
 */
static void
on_look(evutil_socket_t fd, short what, void *argument)
{
	struct service *service = argument;

	(void)fd;
	(void)what;
	wake_runner(service->runner, WNOHANG);
	for (int i = 0; i < 2 && !service->spooler.stopping; i++) {
		if (access(service->places[i], F_OK) == 0 || errno != ENOENT)
			continue;
		log_error("the socket %s was removed; hookspoold ends, so that the next start makes it anew",
		    service->places[i]);
		service->lost = true;
		stop(service);
	}
}

static void
on_stopping(evutil_socket_t fd, short what, void *argument)
{
	struct service *service = argument;

	(void)fd;
	(void)what;
	batch_commit(service->spooler.batch);
	if (schedule_count(service->spooler.schedule, NULL) == 0 || clock_monotonic_ms() >= service->stop_at_ms)
		event_base_loopbreak(service->spooler.base);
}

static void
on_hangup(evutil_socket_t number, short what, void *argument)
{
	struct service *service = argument;

	(void)number;
	(void)what;
	batch_commit(service->spooler.batch);
	free(reload(&service->spooler)); /* the log has what is wrong */
	upkeep_log(service->upkeep);
}

static void
add_events(struct service *service)
{
	struct event_base *base = service->spooler.base;
	struct timeval look = {LOOK_SECONDS, 0};

	service->places[0] = strdup(service->spooler.conf->socket);
	service->places[1] = strdup(service->spooler.conf->control_socket);
	service->look = event_new(base, -1, EV_PERSIST, on_look, service);
	service->term = evsignal_new(base, SIGTERM, on_stop, service);
	service->interrupt = evsignal_new(base, SIGINT, on_stop, service);
	service->hangup = evsignal_new(base, SIGHUP, on_hangup, service);
	service->stopping = event_new(base, -1, EV_PERSIST, on_stopping, service);
	if (service->term == NULL || service->interrupt == NULL || service->hangup == NULL ||
	    service->stopping == NULL || service->look == NULL || service->places[0] == NULL ||
	    service->places[1] == NULL || event_add(service->term, NULL) != 0 ||
	    event_add(service->interrupt, NULL) != 0 || event_add(service->hangup, NULL) != 0 ||
	    event_add(service->look, &look) != 0)
		fatal("out of memory");
}

static void
serve(struct service *service, int lock, const int *sockets, int runner)
{
	struct spooler *spooler = &service->spooler;
	const struct conf *conf = spooler->conf;

	spooler->started_ms = clock_wall_ms();
	if ((spooler->base = event_base_new()) == NULL)
		fatal("no event loop");
	if ((spooler->spool = spool_open(conf, lock)) == NULL)
		fatal("can't open the spool in %s: %s", conf->spool, strerror(errno));
	if ((spooler->followers = followers_new()) == NULL || (spooler->watchers = watchers_new(spooler)) == NULL ||
	    (spooler->batch = batch_new(spooler->base, spooler->spool)) == NULL ||
	    (spooler->space = space_new(spooler)) == NULL ||
	    (spooler->schedule = schedule_new(spooler, runner)) == NULL ||
	    (service->listener = listener_new(spooler, sockets[0])) == NULL ||
	    (service->control = control_new(spooler, sockets[1])) == NULL)
		fatal("can't start: %s", strerror(errno));
	if ((service->upkeep = upkeep_new(spooler)) == NULL)
		fatal("can't start: %s", strerror(errno));
	add_events(service);
	log_info("pages of %s: %s", conf->spool, spool_protection(spooler->spool));
	log_info("ready: spool %s, %llu events, %llu deliveries queued", conf->spool,
	    (unsigned long long)spool_counters(spooler->spool)->events,
	    (unsigned long long)spool_counters(spooler->spool)->queued);
	notify("READY=1");
	event_base_dispatch(spooler->base);
}

/*
 * The runner ends what still runs when its socket is closed; it is waited for last, so that another spooler can take over meanwhile.  A
 * signal then ends the waiting.
 */
static void
clean_up(struct service *service)
{
	unsigned running;

	schedule_store(service->spooler.schedule);
	batch_commit(service->spooler.batch);
	running = schedule_count(service->spooler.schedule, NULL);
	upkeep_free(service->upkeep);
	control_free(service->control);
	listener_free(service->listener);
	schedule_free(service->spooler.schedule);
	space_free(service->spooler.space);
	batch_free(service->spooler.batch);
	followers_free(service->spooler.followers);
	watchers_free(service->spooler.watchers);
	event_free(service->term);
	event_free(service->interrupt);
	event_free(service->hangup);
	event_free(service->stopping);
	event_free(service->look);
	free(service->places[0]);
	free(service->places[1]);
	spool_close(service->spooler.spool);
	event_base_free(service->spooler.base);
	conf_free(service->spooler.conf);
	hook_users_clear(&service->spooler.accounts);
	if (running > 0)
		log_warn("%u hooks did not finish in time and are ended; their events stay queued", running);
	errno = 0;
	while (wake_runner(service->runner, 0) || errno == EINTR)
		errno = 0;
}

/* As the user, who may own the directory; what he may not write to there is root's to make, if nobody else can put anything there. */
static void
open_log(const struct conf *conf, const struct rights *user)
{
	const struct group *group = conf->submit_group != NULL ? getgrnam(conf->submit_group) : NULL;
	int result;

	rights_assume(user, RIGHTS_SAME_GROUP);
	result = log_open("hookspoold", conf->log);
	rights_resume();
	if (result != 0 && user->user != NULL && errno == EACCES) {
		if (!place_is_roots(conf->log))
			fatal(
			    "can't open the log %s: user \"%s\" may not write to it, and root makes none where others than "
			    "root can change the directory",
			    conf->log, user->user);
		result = log_open("hookspoold", conf->log);
	}
	if (result != 0)
		fatal("can't open the log %s: %s", conf->log, strerror(errno));
	if (log_give(user->uid, group != NULL ? group->gr_gid : user->gid) != 0)
		log_warn("can't give the log %s to user and submit-group: %s", conf->log, strerror(errno));
}

/* Returns -1 when another spooler has it. */
static int
take_lock(const struct conf *conf, const struct rights *user)
{
	int lock;

	rights_assume(user, RIGHTS_SAME_GROUP);
	lock = spool_lock(conf->spool);
	rights_resume();
	if (lock == -1 && errno != EBUSY)
		fatal("can't lock the spool %s: %s", conf->spool, strerror(errno));
	return lock;
}

int
life_main(struct conf *conf, int (*runner_main)(const struct runner_setup *))
{
	struct rights user = rights_of(conf->user);
	struct service service = {.spooler.conf = conf};
	int lock, sockets[2], runner;

	open_log(conf, &user);
	umask(0077);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* nothing to read again yet */
	sockets_directory(conf->spool, &user);
	if ((lock = take_lock(conf, &user)) == -1) {
		log_info("another hookspoold has the spool %s; this one leaves", conf->spool);
		conf_free(conf);
		return EXIT_SUCCESS;
	}
	sockets[0] = sockets_listen(conf->socket, &user, conf->submit_group);
	sockets[1] = sockets_listen(conf->control_socket, &user, NULL);
	/* What this user may not see was seen at the start; the runner is who uses it. */
	service.spooler.conf_reads = user.user == NULL ? CONF_HOOKS : 0;
	if (hook_users_make(&service.spooler.accounts, conf) != 0)
		fatal("can't prepare the hooks' users: %s", strerror(errno));
	service.spooler.runner_reads = runner_fork_can_read(conf);
	runner = runner_fork(&(struct runner_fork){.conf = conf,
				 .accounts = &service.spooler.accounts,
				 .owner = &user,
				 .private = (const int[]){lock, sockets[0], sockets[1]},
				 .nprivate = 3,
				 .main = runner_main},
	    &service.runner);
	rights_become(&user);
	serve(&service, lock, sockets, runner);
	clean_up(&service);
	log_flood_tell(true);
	log_info("stopped");
	return service.lost ? EXIT_FAILURE : EXIT_SUCCESS;
}
