/*
 * Acceptor threads.  Each has its own rules, made ready, takes a request, judges it, and either refuses it or parks it with the
 * spooler: it never waits for a disk.
 */
#include "responder.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "connections.h"
#include "handover.h"
#include "judge.h"
#include "request.h"
#include "reread.h"
#include "rules.h"
#include "sandbox.h"

#define ACCEPTOR_STACK (256u << 10)
#define STOP_LOOK_MS 10
#define CHANGE_LOOK_SECONDS 1
#define SETTLED_MS 1000	  /* a file of the configuration that was written to more lately may be half written */
#define ACCEPTORS_MAX 128 /* with those that stand in for others that wait for slow bodies */
#define GUARD_LOOK_MS 100 /* between looks at who reads a request, */
#define SLOW_LOOK_MS 20	  /* while there are slow ones */
#define SLOW_MS 20	  /* a request that takes longer to come has its thread replaced */
#define GIVE_UP_MS 100	  /* one that takes longer may be given up for others */
#define GUARD_STACK (64u << 10)

struct responder {
	struct rules_book book;
	struct handover *handover;
	const char *sandbox; /* what it has given up */
	bool cgi;
	unsigned threads;      /* that are ready for webhooks, */
	atomic_uint acceptors; /* of so many that were started */
	struct acceptor *acceptor;
	struct connections *connections;
	atomic_bool stopping;
	pthread_mutex_t mutex;
	struct request *spare; /* under the mutex: those that wait for a connection */
};

struct acceptor {
	struct responder *responder;
	struct judge judge;
	atomic_bool busy; /* with a request */
};

static void
give_back(void *context, struct request *request)
{
	struct responder *responder = context;
	int fd = request_connection(request);

	if (fd != -1 && connections_keep(responder->connections, request, fd) == 0)
		return;
	if (fd != -1)
		request_close(request);
	pthread_mutex_lock(&responder->mutex);
	request->next = responder->spare;
	responder->spare = request;
	pthread_mutex_unlock(&responder->mutex);
}

static struct request *
take_request(struct responder *responder)
{
	struct request *request;

	pthread_mutex_lock(&responder->mutex);
	if ((request = responder->spare) != NULL)
		responder->spare = request->next;
	pthread_mutex_unlock(&responder->mutex);
	return request != NULL ? request : request_new(responder->cgi);
}

/* What holds for a request is the configuration of now. */
static void
follow_rules(struct acceptor *acceptor)
{
	if (rules_follow(&acceptor->judge.rules, &acceptor->responder->book) != 0)
		log_flood(LOG_FLOOD_ERROR, CONF_NO_SOURCE, "a new configuration can't be used yet",
		    "a new configuration can't be used yet: %s", strerror(errno));
}

static void
log_cut(const char *why)
{
	log_flood(LOG_FLOOD_WARN, CONF_NO_SOURCE, why, "a connection of the web server's was closed: %s", why);
}

/*
 * Read REQUEST's parameters, over FD or the connection that it kept, as request_accept().  Returns 0, and its limit goes on; or -1: there is
 * none.
 */
static int
begin_request(struct acceptor *acceptor, struct request *request, int fd)
{
	struct read_limit *limit = &acceptor->judge.read_limit;

	if (read_limit_begin(limit, fd != -1 ? fd : request_connection(request),
		acceptor->judge.rules.conf->read_deadline_ms) != 0) {
		log_cut("no descriptor is left to guard it");
		if (fd != -1)
			close(fd);
		else
			request_close(request);
		return -1;
	}
	if (request_accept(request, fd) == 0)
		return 0;
	if (read_limit_end(limit))
		log_cut("a request's parameters not here in time");
	else if (request_begun(request))
		log_cut("it ended within a request's parameters");
	return -1;
}

/* The next request, of a new connection or of one that was kept; NULL: none yet. */
static struct request *
next_request(struct acceptor *acceptor)
{
	struct responder *responder = acceptor->responder;
	struct request *request;
	int fd = connections_next(responder->connections, &request);

	if (fd == -1 && request == NULL)
		return NULL;
	atomic_store(&acceptor->busy, true);
	if (request == NULL && (request = take_request(responder)) == NULL) {
		close(fd);
		log_cut("out of memory");
		return NULL;
	}
	follow_rules(acceptor);
	if (begin_request(acceptor, request, fd) == 0)
		return request;
	give_back(responder, request);
	return NULL;
}

static void *
accept_requests(void *argument)
{
	struct acceptor *acceptor = argument;
	struct responder *responder = acceptor->responder;

	while (!atomic_load(&responder->stopping)) {
		struct request *request = next_request(acceptor);

		if (request != NULL) {
			follow_rules(acceptor); /* its parameters may have taken their time */
			judge_request(&acceptor->judge, request);
		}
		atomic_store(&acceptor->busy, false);
	}
	return NULL;
}

/* Returns 0, or -1 with errno. */
static int
acceptor_init(struct acceptor *acceptor, struct responder *responder)
{
	acceptor->responder = responder;
	acceptor->judge.handover = responder->handover;
	acceptor->judge.done = give_back;
	acceptor->judge.context = responder;
	read_limit_init(&acceptor->judge.read_limit);
	return rules_follow(&acceptor->judge.rules, &responder->book);
}

/* Returns 0, or -1 with errno. */
static int
start_acceptor(struct responder *responder)
{
	unsigned n = atomic_load(&responder->acceptors);
	struct acceptor *acceptor = &responder->acceptor[n];
	pthread_attr_t attributes;
	pthread_t thread;

	if (acceptor_init(acceptor, responder) != 0)
		return -1;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, ACCEPTOR_STACK);
	errno = pthread_create(&thread, &attributes, accept_requests, acceptor);
	pthread_attr_destroy(&attributes);
	if (errno != 0)
		return -1;
	atomic_store(&responder->acceptors, n + 1);
	return 0;
}

/* End what takes too long.  Returns how many acceptors are held by a request that is slow to come. */
static unsigned
look_at_limits(struct responder *responder)
{
	unsigned slow = 0;

	for (unsigned i = 0; i < atomic_load(&responder->acceptors); i++)
		slow += read_limit_look(&responder->acceptor[i].judge.read_limit) >= SLOW_MS;
	return slow;
}

/*
 * How many acceptors are to be free beside SLOW ones: as many as the configuration has, and twice as many as BEFORE while requests hold all that
 * there are, for others may wait behind any number of them.
 */
static unsigned
wanted_beside(struct responder *responder, unsigned slow, unsigned before)
{
	bool free = slow < responder->threads;

	for (unsigned i = 0; !free && i < atomic_load(&responder->acceptors); i++)
		free = !atomic_load(&responder->acceptor[i].busy);
	if (free)
		return responder->threads;
	return before * 2 < ACCEPTORS_MAX / 2 ? before * 2 : ACCEPTORS_MAX / 2;
}

/* Give up the request that has been coming for longest.  Returns whether there was one. */
static bool
give_up_slowest(struct responder *responder)
{
	struct read_limit *slowest = NULL;
	uint64_t most = GIVE_UP_MS;

	for (unsigned i = 0; i < atomic_load(&responder->acceptors); i++) {
		struct read_limit *limit = &responder->acceptor[i].judge.read_limit;
		uint64_t taken = read_limit_look(limit);

		if (taken >= most && !read_limit_ended(limit)) {
			most = taken;
			slowest = limit;
		}
	}
	return slowest != NULL && read_limit_expire(slowest);
}

/*
 * Ends what takes too long, and sees to it that slow requests, however many, leave threads for other webhooks: more are started, and when
 * there are as many as there may be, those that have been coming for longest are given up.
 */
static void *
look_after(void *argument)
{
	struct responder *responder = argument;
	unsigned beside = responder->threads;

	for (;;) {
		unsigned slow = look_at_limits(responder), wanted;

		beside = wanted_beside(responder, slow, beside);
		wanted = slow + beside;
		while (wanted > atomic_load(&responder->acceptors) &&
		    atomic_load(&responder->acceptors) < ACCEPTORS_MAX && start_acceptor(responder) == 0)
			continue;
		for (unsigned n = atomic_load(&responder->acceptors); n < wanted && give_up_slowest(responder); n++)
			continue;
		usleep((slow > 0 ? SLOW_LOOK_MS : GUARD_LOOK_MS) * 1000);
	}
	return NULL;
}

/* Until everything in hand has its reply, but not beyond the deadline. */
static void
finish(struct responder *responder)
{
	uint64_t until = clock_monotonic_ms() + responder->acceptor[0].judge.rules.conf->deadline_ms + 1000;
	bool busy;

	atomic_store(&responder->stopping, true);
	handover_stop(responder->handover);
	do {
		busy = handover_parked(responder->handover) > 0;
		for (unsigned i = 0; i < atomic_load(&responder->acceptors); i++)
			busy |= atomic_load(&responder->acceptor[i].busy);
		if (busy)
			usleep(STOP_LOOK_MS * 1000);
	} while (busy && clock_monotonic_ms() < until);
}

static int
serve_one(struct responder *responder)
{
	struct acceptor acceptor = {0};
	struct request *request = take_request(responder);

	if (request == NULL || acceptor_init(&acceptor, responder) != 0)
		return EXIT_FAILURE;
	request_accept_cgi(request, acceptor.judge.rules.conf->read_deadline_ms);
	judge_request(&acceptor.judge, request);
	while (handover_parked(responder->handover) > 0)
		usleep(1000);
	return EXIT_SUCCESS;
}

/* Until a signal comes, whose number is returned. */
static int
wait_for_signal(struct responder *responder, struct conf_stamps *stamps, const sigset_t *signals)
{
	const struct timespec look = {CHANGE_LOOK_SECONDS, 0};
	int number;

	while ((number = sigtimedwait(signals, NULL, &look)) == -1) {
		if (errno != EAGAIN)
			continue;
		log_follow();
		log_flood_tell(false);
		if (conf_stamps_changed(stamps) && conf_stamps_settled(stamps, SETTLED_MS))
			reread(stamps, &responder->book, responder->handover);
	}
	return number;
}

static int
serve(struct responder *responder, struct conf_stamps *stamps, const sigset_t *signals)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int number;

	if ((responder->acceptor = calloc(ACCEPTORS_MAX, sizeof *responder->acceptor)) == NULL ||
	    (responder->connections = connections_new()) == NULL)
		fatal("can't start: %s", strerror(errno));
	for (unsigned i = 0; i < responder->threads; i++)
		if (start_acceptor(responder) != 0)
			fatal("can't start acceptor %u: %s", i, strerror(errno));
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, GUARD_STACK);
	if ((errno = pthread_create(&thread, &attributes, look_after, responder)) != 0)
		fatal("can't start the guard: %s", strerror(errno));
	log_info("ready: %zu sources, %u acceptors, sandbox: %s", responder->acceptor[0].judge.rules.conf->nsources,
	    responder->threads, responder->sandbox);
	number = wait_for_signal(responder, stamps, signals);
	finish(responder);
	log_flood_tell(true);
	log_info("signal %d: stopped", number);
	return EXIT_SUCCESS;
}

int
responder_main(struct conf *conf, struct conf_stamps *stamps, bool cgi)
{
	static struct responder responder;
	const struct handover_owner owner = {give_back, &responder};
	sigset_t signals;

	responder.cgi = cgi;
	responder.threads = conf->threads;
	pthread_mutex_init(&responder.mutex, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (!cgi && FCGX_Init() != 0)
		fatal("libfcgi: FCGX_Init failed");
	if ((responder.handover = handover_new(conf, &owner)) == NULL)
		fatal("can't start: %s", strerror(errno));
	responder.sandbox =
	    conf->sandbox ? sandbox_enter(strcmp(conf->log, "stderr") != 0 && strcmp(conf->log, "syslog") != 0) : "off";
	if (handover_begin(responder.handover) != 0 || rules_book_init(&responder.book, conf) != 0)
		fatal("can't start: %s", strerror(errno));
	return cgi ? serve_one(&responder) : serve(&responder, stamps, &signals);
}
