/*
 * Requests that wait for the spooler's word.
 *
 * A parked request owns its frame until its sender has a reply, so that after a lost connection all of them are sent
 * again, in their order: the spooler recognises what it had stored already.
 */
#include "handover.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "../protocol/submit.h"
#include "autostart.h"
#include "parked.h"
#include "reply.h"
#include "request.h"
#include "submitter.h"
#include "target.h"

#define LOOK_MS 50	    /* between looks at the deadlines */
#define IDLE_MS 100	    /* between attempts to connect while nobody waits, */
#define CONNECT_MS 20	    /* and while somebody does */
#define HELLO_MS 10000	    /* a spooler that does not greet within this is hung up on */
#define ABSENT_MS 1000	    /* without autostart nobody waits longer for a spooler that is not there */
#define SUBJECT "(spooler)" /* of lines that webhooks can cause; no name of a source */

struct settled {
	struct request *request, *asking; /* ASKING hear the same */
	enum submit_ack ack;		  /* 0: none has come in time */
	uint64_t number;
};

struct handover {
	struct handover_owner owner;
	struct submitter submitter;
	bool blocked; /* it has no room for what is to be sent */
	struct parked parked;
	const struct request *question; /* the one health check that is parked; NULL: none is */
	struct request *asking;		/* others that wait for its ack */
	struct target *target;
	struct autostart autostart;
	uint64_t looked_ms, tried_ms;
	bool stopping, absent_logged;
	struct target *_Atomic next; /* another thread's word: to be used from now on; NULL: none */
	struct settled settled[PARKED_MAX];
};

/* Returns 0, or -1: too many are parked. */
static int
park(struct handover *handover, struct request *request, bool waits, uint64_t now)
{
	if (parked_seat(&handover->parked, request) != 0)
		return -1;
	request->parked_ms = now;
	request->waits = waits;
	submit_put_webhook(
	    request->head.bytes, request->sequence, request->head.len - REQUEST_HEAD_ROOM + request->body.len);
	parked_enqueue(&handover->parked, request);
	return 0;
}

/* Returns 0, or -1: too many are parked. */
static int
ask(struct handover *handover, struct request *request, uint64_t now)
{
	if (handover->question != NULL) {
		request->next = handover->asking;
		handover->asking = request;
		return 0;
	}
	if (park(handover, request, true, now) != 0)
		return -1;
	handover->question = request;
	return 0;
}

static void
done(struct handover *handover, struct request *request)
{
	handover->owner.done(handover->owner.context, request);
}

void
handover_take(struct handover *handover, struct request *request, enum judged judged, uint64_t now)
{
	const char *source = request->source[0] != '\0' ? request->source : SUBJECT;

	if (judged == JUDGED_DONE) {
		done(handover, request);
		return;
	}
	if ((judged == JUDGED_ASK ? ask(handover, request, now)
				  : park(handover, request, judged == JUDGED_STORE, now)) == 0)
		return;
	log_flood(LOG_FLOOD_ERROR, source, "too many in hand", "%s: too many webhooks in hand", source);
	if (judged != JUDGED_NOTE)
		reply_send(request, REPLY_BUSY, NULL);
	done(handover, request);
}

/* Those who wait for the ack to REQUEST's question, one behind the other. */
static struct request *
take_asking(struct handover *handover, const struct request *request)
{
	struct request *asking = NULL;

	if (request == handover->question) {
		asking = handover->asking;
		handover->asking = NULL;
		handover->question = NULL;
	}
	return asking;
}

void
handover_stop(struct handover *handover)
{
	handover->stopping = true;
}

/* Whether anybody wants a spooler: one that would be started for nobody might outlive the one who stops it all. */
static bool
wanted(const struct handover *handover)
{
	return !handover->stopping || handover_parked(handover) > 0;
}

size_t
handover_parked(const struct handover *handover)
{
	return parked_count(&handover->parked);
}

static void
disconnect(struct handover *handover)
{
	submitter_disconnect(&handover->submitter, &handover->parked);
	handover->blocked = false;
}

static void
hang_up(struct handover *handover, const char *why)
{
	log_flood(LOG_FLOOD_ERROR, SUBJECT, why, "spooler: %s; the connection is made anew", why);
	disconnect(handover);
}

static void
reply(struct request *request, enum submit_ack ack, uint64_t number)
{
	if (ack == 0)
		reply_send(request, REPLY_UNAVAILABLE, NULL);
	else
		reply_ack(request, ack, number);
}

/* The seat is free only once its sender has a reply, so that a responder that stops waits for it. */
static void
settle(struct handover *handover, const struct settled *settled)
{
	uint64_t sequence = settled->request->sequence;

	for (struct request *request = settled->asking, *next; request != NULL; request = next) {
		next = request->next;
		reply(request, settled->ack, 0);
		done(handover, request);
	}
	log_debug("webhook %llu of %s: %s, event %llu", (unsigned long long)sequence, settled->request->source,
	    submit_ack_word(settled->ack), (unsigned long long)settled->number);
	if (settled->request->waits)
		reply(settled->request, settled->ack, settled->number);
	done(handover, settled->request);
	parked_free(&handover->parked, sequence);
}

/* Reply 503 to those whose time is over. */
static void
expire(struct handover *handover, uint64_t now)
{
	struct request *expired[PARKED_MAX], *asking = NULL;
	uint64_t limit = handover->target->deadline_ms;
	bool cut = false;
	size_t n;

	if (!handover->submitter.greeted && !handover->target->autostart && limit > ABSENT_MS)
		limit = ABSENT_MS;
	n = parked_expired(&handover->parked, now > limit ? now - limit : 0, expired, &cut);
	if (cut)
		disconnect(handover);
	for (size_t i = 0; i < n && asking == NULL; i++)
		asking = take_asking(handover, expired[i]);
	/* First, for a CGI process ends once its webhook is settled. */
	if (n > 0)
		log_flood(LOG_FLOOD_ERROR, SUBJECT, "webhooks not answered in time",
		    "%zu webhooks were not answered by the spooler in time: 503", n);
	for (size_t i = 0; i < n; i++)
		settle(handover, &(struct settled){.request = expired[i], .asking = i == 0 ? asking : NULL});
	handover->looked_ms = now;
}

/* An ack for one of ours.  Returns false: nobody waits for it any more. */
static bool
take_ack(struct handover *handover, const struct submitter_ack *ack, struct settled *out)
{
	if (handover->parked.unacked > 0)
		handover->parked.unacked--;
	if ((out->request = parked_take(&handover->parked, ack->sequence)) == NULL)
		return false;
	out->asking = take_asking(handover, out->request);
	out->ack = ack->ack;
	out->number = ack->number;
	return true;
}

static void
is_present(struct handover *handover)
{
	autostart_rest(&handover->autostart);
	handover->absent_logged = false;
}

/* A refusal means that something is wrong here, not with the sender. */
static void
tell_refusal(const struct settled *settled)
{
	const char *why = settled->ack == SUBMIT_UNKNOWN ? "its configuration has no such source"
	    : settled->ack == SUBMIT_UNFIT		 ? "it does not fit its configuration of this source"
	    : settled->ack == SUBMIT_INVALID		 ? "it did not understand the record"
							 : NULL;

	if (why != NULL)
		log_flood(LOG_FLOOD_ERROR, settled->request->source, why,
		    "spooler: it refused a webhook of source %s: %s", settled->request->source, why);
}

/* Each that is settled had a seat of its own, and none is freed meanwhile: there is room for all of them. */
static void
take_acks(struct handover *handover, uint64_t now)
{
	enum submitter_frame frame;
	struct submitter_ack ack;
	size_t n = 0;

	while ((frame = submitter_take(&handover->submitter, &ack)) == SUBMITTER_HELLO || frame == SUBMITTER_ACK)
		if (frame == SUBMITTER_HELLO)
			is_present(handover);
		else if (n < PARKED_MAX)
			n += take_ack(handover, &ack, &handover->settled[n]);
	/* First of all, so that the spooler works while senders get their replies. */
	handover_send(handover, now);
	for (size_t i = 0; i < n; i++) {
		tell_refusal(&handover->settled[i]);
		settle(handover, &handover->settled[i]);
	}
	if (frame == SUBMITTER_NONSENSE)
		hang_up(handover, "it does not speak this version of the protocol");
}

void
handover_ready(struct handover *handover, uint64_t now)
{
	int n;

	if (handover->submitter.socket == -1)
		return;
	if ((n = submitter_read(&handover->submitter)) < 0)
		hang_up(handover, "the connection ended");
	else if (n > 0)
		take_acks(handover, now);
}

static void
watch(struct handover *handover)
{
	if (handover->owner.watch != NULL)
		handover->owner.watch(handover->owner.context, handover->submitter.socket, handover->blocked);
}

void
handover_send(struct handover *handover, uint64_t now)
{
	bool blocked;

	if (submitter_send(&handover->submitter, &handover->parked, now) != 0) {
		log_flood(LOG_FLOOD_ERROR, SUBJECT, "can't be sent to",
		    "spooler: it can't be sent to: %s; the connection is made anew", strerror(errno));
		disconnect(handover);
		return;
	}
	blocked = submitter_may_send(&handover->submitter, &handover->parked, now);
	if (blocked == handover->blocked)
		return;
	handover->blocked = blocked;
	watch(handover);
}

static void
is_absent(struct handover *handover, int error, uint64_t now)
{
	if (handover->target->autostart && (error == ENOENT || error == ECONNREFUSED)) {
		if (wanted(handover))
			autostart_try(&handover->autostart, handover->target->socket, now);
		return;
	}
	if (!handover->absent_logged)
		log_flood(
		    LOG_FLOOD_WARN, SUBJECT, "absent", "spooler: %s: %s", handover->target->socket, strerror(error));
	handover->absent_logged = true;
}

static void
try_connect(struct handover *handover, uint64_t now)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	handover->tried_ms = now;
	if (fd == -1) {
		log_flood(
		    LOG_FLOOD_ERROR, SUBJECT, "no socket", "spooler: no socket to connect with: %s", strerror(errno));
		return;
	}
	if (submitter_dial(fd, handover->target->socket) != 0) {
		is_absent(handover, errno, now);
		close(fd);
		return;
	}
	submitter_connect(&handover->submitter, fd, now);
	watch(handover);
}

/* Another socket is another spooler: what is parked is sent there. */
static void
take_target(struct handover *handover)
{
	struct target *old = handover->target, *next;

	if (atomic_load(&handover->next) == NULL || (next = atomic_exchange(&handover->next, NULL)) == NULL)
		return;
	handover->target = next;
	if (strcmp(old->socket, next->socket) != 0)
		disconnect(handover);
	autostart_follow(&handover->autostart, next);
	next->autostart &= handover->autostart.starter != -1;
	target_free(old);
}

int
handover_follow(struct handover *handover, const struct conf *conf)
{
	struct target *target = target_new(conf);

	if (target == NULL)
		return -1;
	target_free(atomic_exchange(&handover->next, target));
	return 0;
}

int
handover_look(struct handover *handover, uint64_t now)
{
	const struct submitter *submitter = &handover->submitter;
	uint64_t pause = handover_parked(handover) > 0 ? CONNECT_MS : IDLE_MS;

	take_target(handover);
	if (submitter->socket == -1 && now - handover->tried_ms >= pause)
		try_connect(handover, now);
	if (submitter->socket != -1 && !submitter->greeted && now - submitter->connected_ms > HELLO_MS)
		hang_up(handover, "it does not answer");
	handover_send(handover, now);
	if (now - handover->looked_ms >= LOOK_MS)
		expire(handover, now);
	if (submitter->socket == -1)
		return (int)pause;
	return handover_parked(handover) > 0 || !submitter->greeted ? LOOK_MS : -1;
}

bool
handover_orphaned(const struct handover *handover)
{
	return autostart_is_over(&handover->autostart);
}

void
handover_wait(struct handover *handover)
{
	int timeout = handover_look(handover, clock_monotonic_ms());
	struct pollfd fd = {.fd = handover->submitter.socket, .events = handover->blocked ? POLLIN | POLLOUT : POLLIN};

	if (poll(&fd, 1, timeout) > 0)
		handover_ready(handover, clock_monotonic_ms());
}

struct handover *
handover_new(const struct conf *conf, const struct handover_owner *owner)
{
	struct handover *handover = calloc(1, sizeof *handover);
	char *file = realpath(conf->file, NULL);

	if (handover == NULL || file == NULL || (handover->target = target_new(conf)) == NULL ||
	    autostart_init(&handover->autostart, conf, file) != 0)
		return NULL; /* NOLINT(clang-analyzer-unix.Malloc): the process ends, see the header */
	free(file);
	handover->owner = *owner;
	submitter_init(&handover->submitter);
	parked_init(&handover->parked);
	return handover;
}
