/* One wait a turn for many webhooks; the clock is read, and the configuration looked at, once a turn. */
#include "loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log_flood.h"
#include "connections.h"
#include "handover.h"
#include "judge.h"
#include "request.h"
#include "rules.h"
#include "slow.h"

#define STACK (512u << 10)
#define STOP_MS 1000 /* beyond the deadline of what is in hand */

struct loop {
	struct rules_book *book;
	struct handover *handover;
	struct connections *connections;
	struct slow *slow;
	struct judge judge;
	pthread_t thread;
	int wake; /* eventfd */
	atomic_bool ending;
	uint64_t now;	    /* of this turn: monotonic */
	uint64_t looked_ms; /* when late ones were looked for */
	uint64_t until_ms;  /* when it ends in any case; 0: it goes on */
};

static void
follow_rules(struct loop *loop)
{
	if (rules_follow(&loop->judge.rules, loop->book) != 0)
		log_flood(LOG_FLOOD_ERROR, CONF_NO_SOURCE, "a new configuration can't be used yet",
		    "a new configuration can't be used yet: %s", strerror(errno));
}

/* No more of REQUEST will come. */
static void
serve(struct loop *loop, struct request *request)
{
	enum judged judged;

	judge_receive(&loop->judge, request);
	judged = judge_decide(&loop->judge, request, false);
	request_judged(request);
	handover_take(loop->handover, request, judged, loop->now);
}

/* Its connection has ended before it: libfcgi says whether it is one. */
static void
serve_ended(struct loop *loop, struct request *request)
{
	if (request_accept(request) == 0) {
		serve(loop, request);
		return;
	}
	if (request_begun(request))
		connections_log_cut("it ended within a request's parameters");
	connections_keep(loop->connections, request);
}

static void
take_requests(struct loop *loop)
{
	struct request *request;

	for (;;)
		switch (connections_next(loop->connections, loop->now, &request)) {
		case CONNECTION_NONE:
			return;
		case CONNECTION_WHOLE:
			serve(loop, request);
			break;
		case CONNECTION_ENDED:
			serve_ended(loop, request);
			break;
		case CONNECTION_SLOW:
			slow_give(loop->slow, request);
			break;
		}
}

/* What the threads beside it have judged. */
static void
take_judged(struct loop *loop)
{
	uint64_t ignored;

	(void)!read(loop->wake, &ignored, sizeof ignored);
	for (struct request *request = slow_take(loop->slow), *next; request != NULL; request = next) {
		next = request->next;
		handover_take(loop->handover, request, request->judged, loop->now);
	}
}

/* Are there any that are looked after? */
static bool
has_late(const struct loop *loop)
{
	return loop->connections->waiting.count > 0 || loop->connections->resting || slow_busy(loop->slow);
}

static void
look_after(struct loop *loop)
{
	struct request *request;

	if (!has_late(loop) || loop->now - loop->looked_ms < SLOW_LOOK_MS)
		return;
	loop->looked_ms = loop->now;
	while ((request = connections_late(loop->connections, loop->now, loop->judge.rules.conf->read_deadline_ms)) !=
	    NULL)
		slow_give(loop->slow, request);
	slow_look(loop->slow);
}

/* Whether to go on. */
static bool
goes_on(struct loop *loop)
{
	if (!atomic_load(&loop->ending))
		return true;
	if (loop->until_ms == 0) {
		loop->until_ms = loop->now + loop->judge.rules.conf->deadline_ms + STOP_MS;
		connections_stop(loop->connections);
		handover_stop(loop->handover);
		return true; /* what has come by now is seen */
	}
	return loop->now < loop->until_ms &&
	    (handover_parked(loop->handover) > 0 || connections_busy(loop->connections) || slow_busy(loop->slow));
}

/* How long it may wait when nothing comes; HANDOVER_MS: as long as the handover may, -1: for ever. */
static int
timeout(const struct loop *loop, int handover_ms)
{
	int ms = has_late(loop) ? SLOW_LOOK_MS : -1;

	if (atomic_load(&loop->ending))
		ms = SLOW_LOOK_MS;
	return handover_ms >= 0 && (ms < 0 || handover_ms < ms) ? handover_ms : ms;
}

static void *
turn(void *argument)
{
	struct loop *loop = argument;

	loop->now = clock_monotonic_ms();
	while (goes_on(loop)) {
		connections_wait(loop->connections, timeout(loop, handover_look(loop->handover, loop->now)));
		loop->now = clock_monotonic_ms();
		follow_rules(loop);
		if (loop->connections->came[CONNECTIONS_SPOOLER])
			handover_ready(loop->handover, loop->now);
		if (loop->connections->came[CONNECTIONS_WAKE])
			take_judged(loop);
		take_requests(loop);
		look_after(loop);
	}
	return NULL;
}

void
loop_done(void *context, struct request *request)
{
	struct loop *loop = context;

	connections_keep(loop->connections, request);
}

void
loop_watch(void *context, int fd, bool writable)
{
	struct loop *loop = context;

	if (connections_watch(loop->connections, CONNECTIONS_SPOOLER, fd, writable) != 0)
		log_flood(LOG_FLOOD_ERROR, CONF_NO_SOURCE, "the spooler can't be waited for",
		    "the spooler can't be waited for: %s", strerror(errno));
}

struct loop *
loop_new(struct rules_book *book, unsigned threads)
{
	struct loop *loop = calloc(1, sizeof *loop);

	if (loop == NULL || (loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    (loop->connections = connections_new()) == NULL ||
	    connections_watch(loop->connections, CONNECTIONS_WAKE, loop->wake, false) != 0 ||
	    (loop->slow = slow_new(book, threads, loop->wake)) == NULL)
		return NULL; /* NOLINT(clang-analyzer-unix.Malloc): the process ends, see the header */
	loop->book = book;
	return loop;
}

int
loop_begin(struct loop *loop, struct handover *handover)
{
	pthread_attr_t attributes;

	loop->handover = handover;
	if (rules_follow(&loop->judge.rules, loop->book) != 0)
		return -1;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	errno = pthread_create(&loop->thread, &attributes, turn, loop);
	pthread_attr_destroy(&attributes);
	return errno == 0 ? 0 : -1;
}

void
loop_wake(struct loop *loop)
{
	(void)!write(loop->wake, &(uint64_t){1}, sizeof(uint64_t));
}

void
loop_end(struct loop *loop)
{
	atomic_store(&loop->ending, true);
	loop_wake(loop);
	pthread_join(loop->thread, NULL);
}
