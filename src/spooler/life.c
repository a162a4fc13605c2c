/*
 * The spooler's life.  The order matters: log, lock, sockets and user first, with the rights it was started with; then the runner, while the
 * process is small and has no spool open; then the spool.  A responder that connects meanwhile waits in the backlog.
 */
#include "life.h"

#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "../lib/place.h"
#include "../protocol/run.h"
#include "../spool/jumps.h"
#include "../spool/spool.h"
#include "batch.h"
#include "broken.h"
#include "control.h"
#include "followers.h"
#include "hook_users.h"
#include "identity.h"
#include "listener.h"
#include "notify.h"
#include "reload.h"
#include "schedule.h"
#include "sockets.h"
#include "space.h"
#include "spooler.h"

#define STOP_LOOK_MS 50	  /* between looks whether running hooks have finished after SIGTERM */
#define RUNNER_WAIT_MS 20 /* between looks whether an earlier runner has left */
#define HOUSEKEEPING_SECONDS 1
#define PRUNE_SECONDS \
	60 /* between passes over what may be forgotten; before the first, a clock that is wrong at the start may be set */
#define PRUNE_EVENTS 500 /* of one pass per second: a transaction that holds webhooks up for some ms */

struct service {
	struct spooler spooler;
	struct listener *listener;
	struct control *control;
	struct event *term, *interrupt, *hangup, *housekeeping, *stopping;
	int (*runner_main)(const struct runner_setup *);
	pid_t runner;
	uint64_t stop_at_ms, prune_at_ms;
	unsigned log_files; /* as far as the runner knows */
};

/*
 * Wait until the runner of an earlier spooler, which may still be ending its hooks, has left: no event may run twice at once.
 * Returns false when this runner's own spooler has ended meanwhile.
 */
static bool
only_runner(int lock, int socket)
{
	struct pollfd peer = {.fd = socket, .events = 0};

	while (flock(lock, LOCK_EX | LOCK_NB) != 0) {
		if (poll(&peer, 1, RUNNER_WAIT_MS) > 0 && (peer.revents & (POLLHUP | POLLERR)) != 0)
			return false;
	}
	return true;
}

/* Whom the runner becomes, unless hooks have users of their own. */
static struct identity
runner_identity(const struct conf *conf)
{
	return identity_of(conf->hook_user != NULL ? conf->hook_user : conf->user);
}

/* Whether the runner is, or can become, somebody else than the spooler. */
static bool
has_rights_of_its_own(const struct conf *conf)
{
	struct identity spooler = identity_of(conf->user), runner = runner_identity(conf);

	return spooler.user != NULL && (conf_has_users(conf) || runner.uid != spooler.uid);
}

/* Whether the runner will be able to read the configuration again: a reload can give it other programs only then. */
static bool
runner_can_read(const struct conf *conf)
{
	struct identity runner = runner_identity(conf);
	struct conf *again;
	FILE *nowhere;

	if (!has_rights_of_its_own(conf))
		return true;
	if ((nowhere = fopen("/dev/null", "we")) == NULL)
		return false;
	if (!conf_has_users(conf))
		identity_assume(&runner, IDENTITY_SAME_GROUP);
	again = conf_read(conf->file, CONF_NAMES, nowhere);
	if (!conf_has_users(conf))
		identity_resume();
	fclose(nowhere);
	conf_free(again);
	return again != NULL;
}

static void __attribute__((noreturn)) be_runner(const struct service *service, int lock, int socket)
{
	const struct conf *conf = service->spooler.conf;
	struct identity user = runner_identity(conf);
	struct runner_setup setup = {.socket = socket,
	    .lock = lock,
	    .conf = has_rights_of_its_own(conf) ? conf : NULL,
	    .identities = &service->spooler.identities};

	/* Who starts hooks as several users stays root, and drops to each one's for each of them. */
	if (!conf_has_users(conf))
		identity_become(&user);
	prctl(PR_SET_NAME, "hookspool-run");
	signal(SIGPIPE, SIG_IGN);
	if (!only_runner(lock, socket))
		_exit(EXIT_SUCCESS);
	_exit(service->runner_main(&setup));
}

/* Returns the spooler's end of the socket pair. */
static int
fork_runner(struct service *service, const struct identity *owner, const int *private, size_t n)
{
	int pair[2], lock;

	identity_assume(owner, IDENTITY_SAME_GROUP);
	lock = spool_lock_open(service->spooler.conf->spool, "runner.lock");
	identity_resume();
	if (lock == -1 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
		fatal("can't prepare the runner: %s", strerror(errno));
	switch (service->runner = fork()) {
	case -1:
		fatal("can't fork the runner: %s", strerror(errno));
	case 0:
		close(pair[0]);
		for (size_t i = 0; i < n; i++)
			close(private[i]);
		be_runner(service, lock, pair[1]);
	default:
		close(pair[1]);
		close(lock);
		return pair[0];
	}
}

static void
on_stop(evutil_socket_t number, short what, void *argument)
{
	struct service *service = argument;
	struct timeval look = {0, STOP_LOOK_MS * 1000};

	(void)what;
	if (service->spooler.stopping) {
		event_base_loopbreak(service->spooler.base); /* asked twice: at once */
		return;
	}
	log_info("signal %d: no more webhooks; %u hooks may finish within %llu ms", (int)number,
	    schedule_count(service->spooler.schedule, NULL),
	    (unsigned long long)service->spooler.conf->shutdown_grace_ms);
	notify("STOPPING=1");
	service->spooler.stopping = true;
	service->stop_at_ms = clock_monotonic_ms() + service->spooler.conf->shutdown_grace_ms;
	listener_stop(service->listener);
	schedule_stop(service->spooler.schedule);
	event_add(service->stopping, &look);
	event_active(service->stopping, EV_TIMEOUT, 0);
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

/* The log's file may have been renamed. */
static void
follow_log(struct service *service)
{
	unsigned files;

	log_follow();
	files = log_files();
	if (files != service->log_files && schedule_log(service->spooler.schedule, log_descriptor()) == 0)
		service->log_files = files;
}

static void
on_hangup(evutil_socket_t number, short what, void *argument)
{
	struct service *service = argument;

	(void)number;
	(void)what;
	batch_commit(service->spooler.batch);
	free(reload(&service->spooler)); /* the log has what is wrong */
	follow_log(service);
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
prune(struct service *service)
{
	const struct conf *conf = service->spooler.conf;
	const struct spool_ages ages = {clock_wall_ms(), conf->keep_ms, conf->dedup_ms};
	struct spool *spool = service->spooler.spool;
	uint64_t now = clock_monotonic_ms();
	int more;

	if (now < service->prune_at_ms || service->spooler.stopping)
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
		service->prune_at_ms = now + PRUNE_SECONDS * 1000;
}

static void
on_housekeeping(evutil_socket_t fd, short what, void *argument)
{
	struct service *service = argument;

	(void)fd;
	(void)what;
	batch_commit(service->spooler.batch);
	look_at_clocks(&service->spooler);
	follow_log(service);
	log_flood_tell(false);
	if (spool_checkpoint(service->spooler.spool, false) != 0)
		log_error("spool: checkpoint: %s", strerror(errno));
	prune(service);
	broken_check(service->spooler.spool);
}

static void
add_events(struct service *service)
{
	struct event_base *base = service->spooler.base;
	struct timeval interval = {HOUSEKEEPING_SECONDS, 0};

	service->term = evsignal_new(base, SIGTERM, on_stop, service);
	service->interrupt = evsignal_new(base, SIGINT, on_stop, service);
	service->hangup = evsignal_new(base, SIGHUP, on_hangup, service);
	service->housekeeping = event_new(base, -1, EV_PERSIST, on_housekeeping, service);
	service->stopping = event_new(base, -1, EV_PERSIST, on_stopping, service);
	if (service->term == NULL || service->interrupt == NULL || service->hangup == NULL ||
	    service->housekeeping == NULL || service->stopping == NULL || event_add(service->term, NULL) != 0 ||
	    event_add(service->interrupt, NULL) != 0 || event_add(service->hangup, NULL) != 0 ||
	    event_add(service->housekeeping, &interval) != 0)
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
	if ((spooler->follow = follow_new()) == NULL ||
	    (spooler->batch = batch_new(spooler->base, spooler->spool)) == NULL ||
	    (spooler->space = space_new(spooler)) == NULL ||
	    (spooler->schedule = schedule_new(spooler, runner)) == NULL ||
	    (service->listener = listener_new(spooler, sockets[0])) == NULL ||
	    (service->control = control_new(spooler, sockets[1])) == NULL)
		fatal("can't start: %s", strerror(errno));
	look_at_clocks(spooler);
	service->prune_at_ms = clock_monotonic_ms() + PRUNE_SECONDS * 1000;
	add_events(service);
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

	batch_commit(service->spooler.batch);
	running = schedule_count(service->spooler.schedule, NULL);
	control_free(service->control);
	listener_free(service->listener);
	schedule_free(service->spooler.schedule);
	space_free(service->spooler.space);
	batch_free(service->spooler.batch);
	follow_free(service->spooler.follow);
	event_free(service->term);
	event_free(service->interrupt);
	event_free(service->hangup);
	event_free(service->housekeeping);
	event_free(service->stopping);
	spool_close(service->spooler.spool);
	event_base_free(service->spooler.base);
	conf_free(service->spooler.conf);
	hook_users_clear(&service->spooler.identities);
	if (running > 0)
		log_warn("%u hooks did not finish in time and are ended; their events stay queued", running);
	while (waitpid(service->runner, NULL, 0) == -1 && errno == EINTR)
		continue;
}

/* As the user, who may own the directory; what he may not write to there is root's to make, if nobody else can put anything there. */
static void
open_log(const struct conf *conf, const struct identity *user)
{
	const struct group *group = conf->submit_group != NULL ? getgrnam(conf->submit_group) : NULL;
	int result;

	identity_assume(user, IDENTITY_SAME_GROUP);
	result = log_open("hookspoold", conf->log);
	identity_resume();
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
take_lock(const struct conf *conf, const struct identity *user)
{
	int lock;

	identity_assume(user, IDENTITY_SAME_GROUP);
	lock = spool_lock(conf->spool);
	identity_resume();
	if (lock == -1 && errno != EBUSY)
		fatal("can't lock the spool %s: %s", conf->spool, strerror(errno));
	return lock;
}

int
life_main(struct conf *conf, int (*runner_main)(const struct runner_setup *))
{
	struct identity user = identity_of(conf->user);
	struct service service = {.spooler.conf = conf, .runner_main = runner_main};
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
	if (hook_users_make(&service.spooler.identities, conf) != 0)
		fatal("can't prepare the hooks' users: %s", strerror(errno));
	service.spooler.runner_reads = runner_can_read(conf);
	runner = fork_runner(&service, &user, (const int[]){lock, sockets[0], sockets[1]}, 3);
	identity_become(&user);
	serve(&service, lock, sockets, runner);
	clean_up(&service);
	log_flood_tell(true);
	log_info("stopped");
	return EXIT_SUCCESS;
}
