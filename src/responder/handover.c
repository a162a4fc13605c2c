/*
 * Requests that wait for the spooler's word, and the completer that passes it on.
 *
 * A parked request owns its frame until its sender has a reply, so that after a lost connection all of them are sent again, in their order:
 * the spooler recognises what it had stored already.
 */
#include "handover.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
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

#define LOOK_MS 50     /* between looks at the deadlines */
#define IDLE_MS 100    /* the same, by one who slept when a webhook was parked: that wakes nobody */
#define CONNECT_MS 20  /* between attempts to connect */
#define HELLO_MS 10000 /* a spooler that does not greet within this is hung up on */
#define ABSENT_MS 1000 /* without autostart nobody waits longer for a spooler that is not there */
#define COMPLETER_STACK (256u << 10)
#define SUBJECT "(spooler)" /* of lines that webhooks can cause; no name of a source */

struct handover {
	struct handover_owner owner;
	int wake; /* eventfd: something to send that an acceptor could not */
	pthread_mutex_t mutex;
	struct submitter submitter; /* says itself what the mutex is needed for */
	/* Under the mutex. */
	struct parked parked;
	const struct request *question; /* the one health check that is parked; NULL: none is */
	struct request *asking;		/* others that wait for its ack */
	struct target *next;		/* to be used from now on; NULL: none */
	bool stopping;
	/* The completer's own. */
	struct target *target;
	struct autostart autostart;
	uint64_t looked_ms, tried_ms;
	bool absent_logged;
};

static void
wake_completer(struct handover *handover)
{
	(void)!write(handover->wake, &(uint64_t){1}, sizeof(uint64_t));
}

/* Under the mutex.  Returns 0, *LEFT: the completer must be woken; or -1: too many are parked. */
static int
park(struct handover *handover, struct request *request, bool waits, bool *left)
{
	if (parked_seat(&handover->parked, request) != 0)
		return -1;
	request->parked_ms = clock_monotonic_ms();
	request->waits = waits;
	submit_put_webhook(
	    request->head.bytes, request->sequence, request->head.len - REQUEST_HEAD_ROOM + request->body.len);
	parked_enqueue(&handover->parked, request);
	submitter_send(&handover->submitter, &handover->parked, request->parked_ms);
	*left = handover->parked.first != NULL && handover->parked.unacked == 0;
	return 0;
}

int
handover_park(struct handover *handover, struct request *request, bool waits)
{
	bool left = false;
	int result;

	pthread_mutex_lock(&handover->mutex);
	result = park(handover, request, waits, &left);
	pthread_mutex_unlock(&handover->mutex);
	if (left)
		wake_completer(handover);
	return result;
}

int
handover_ask(struct handover *handover, struct request *request)
{
	bool left = false;
	int result = 0;

	pthread_mutex_lock(&handover->mutex);
	if (handover->question != NULL) {
		request->next = handover->asking;
		handover->asking = request;
	} else if ((result = park(handover, request, true, &left)) == 0) {
		handover->question = request;
	}
	pthread_mutex_unlock(&handover->mutex);
	if (left)
		wake_completer(handover);
	return result;
}

/* Those who wait for the ack to REQUEST's question, one behind the other; under the mutex. */
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
	pthread_mutex_lock(&handover->mutex);
	handover->stopping = true;
	pthread_mutex_unlock(&handover->mutex);
}

/* Whether anybody wants a spooler: one that would be started for nobody might outlive the one who stops it all. */
static bool
wanted(struct handover *handover)
{
	bool wanted;

	pthread_mutex_lock(&handover->mutex);
	wanted = !handover->stopping || parked_count(&handover->parked) > 0;
	pthread_mutex_unlock(&handover->mutex);
	return wanted;
}

size_t
handover_parked(struct handover *handover)
{
	size_t n;

	pthread_mutex_lock(&handover->mutex);
	n = parked_count(&handover->parked);
	pthread_mutex_unlock(&handover->mutex);
	return n;
}

/* The seat is free only once its sender has a reply, so that a responder that stops waits for it. */
static void
release(struct handover *handover, struct request *request)
{
	uint64_t sequence = request->sequence;

	handover->owner.done(handover->owner.context, request);
	pthread_mutex_lock(&handover->mutex);
	parked_free(&handover->parked, sequence);
	pthread_mutex_unlock(&handover->mutex);
}

static void
hang_up(struct handover *handover, const char *why)
{
	if (why != NULL)
		log_flood(LOG_FLOOD_ERROR, SUBJECT, why, "spooler: %s; the connection is made anew", why);
	pthread_mutex_lock(&handover->mutex);
	submitter_disconnect(&handover->submitter, &handover->parked);
	pthread_mutex_unlock(&handover->mutex);
}

struct settled {
	struct request *request, *asking; /* ASKING hear the same */
	enum submit_ack ack;		  /* 0: none has come in time */
	uint64_t number;
};

static void
reply(struct request *request, enum submit_ack ack, uint64_t number)
{
	if (ack == 0)
		reply_send(request, REPLY_UNAVAILABLE, NULL);
	else
		reply_ack(request, ack, number);
}

static void
settle(struct handover *handover, const struct settled *settled)
{
	for (struct request *request = settled->asking, *next; request != NULL; request = next) {
		next = request->next;
		reply(request, settled->ack, 0);
		handover->owner.done(handover->owner.context, request);
	}
	log_debug("webhook %llu of %s: %s, event %llu", (unsigned long long)settled->request->sequence,
	    settled->request->source, submit_ack_word(settled->ack), (unsigned long long)settled->number);
	if (settled->request->waits)
		reply(settled->request, settled->ack, settled->number);
	release(handover, settled->request);
}

/* Reply 503 to those whose time is over. */
static void
expire(struct handover *handover, uint64_t now)
{
	struct request *expired[PARKED_MAX], *asking = NULL;
	uint64_t limit = handover->target->deadline_ms;
	bool cut = false;
	size_t n;

	pthread_mutex_lock(&handover->mutex);
	if (!handover->submitter.greeted && !handover->target->autostart && limit > ABSENT_MS)
		limit = ABSENT_MS;
	n = parked_expired(&handover->parked, now > limit ? now - limit : 0, expired, &cut);
	if (cut)
		submitter_disconnect(&handover->submitter, &handover->parked);
	for (size_t i = 0; i < n && asking == NULL; i++)
		asking = take_asking(handover, expired[i]);
	pthread_mutex_unlock(&handover->mutex);
	/* First, for a CGI process ends once its webhook is settled. */
	if (n > 0)
		log_flood(LOG_FLOOD_ERROR, SUBJECT, "webhooks not answered in time",
		    "%zu webhooks were not answered by the spooler in time: 503", n);
	for (size_t i = 0; i < n; i++)
		settle(handover, &(struct settled){.request = expired[i], .asking = i == 0 ? asking : NULL});
	handover->looked_ms = now;
}

/* An ack for one of ours; under the mutex.  Returns false: nobody waits for it any more. */
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

/* Everything that came, under one lock; then the senders get their replies without it. */
static void
take_acks(struct handover *handover)
{
	struct settled settled[SUBMITTER_ACKS_MAX];
	enum submitter_frame frame;
	struct submitter_ack ack;
	size_t n = 0;

	pthread_mutex_lock(&handover->mutex);
	while ((frame = submitter_take(&handover->submitter, &ack)) == SUBMITTER_HELLO || frame == SUBMITTER_ACK)
		if (frame == SUBMITTER_HELLO)
			is_present(handover);
		else
			n += take_ack(handover, &ack, &settled[n]);
	/* First of all, so that the spooler works while senders get their replies. */
	submitter_send(&handover->submitter, &handover->parked, clock_monotonic_ms());
	pthread_mutex_unlock(&handover->mutex);
	for (size_t i = 0; i < n; i++) {
		tell_refusal(&settled[i]);
		settle(handover, &settled[i]);
	}
	if (frame == SUBMITTER_NONSENSE)
		hang_up(handover, "it does not speak this version of the protocol");
}

static void
read_acks(struct handover *handover)
{
	int n = submitter_read(&handover->submitter);

	if (n < 0)
		hang_up(handover, "the connection ended");
	else if (n > 0)
		take_acks(handover);
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
	if (fd == -1)
		return;
	if (submitter_dial(fd, handover->target->socket) != 0) {
		is_absent(handover, errno, now);
		close(fd);
		return;
	}
	pthread_mutex_lock(&handover->mutex);
	submitter_connect(&handover->submitter, fd, now);
	pthread_mutex_unlock(&handover->mutex);
}

static int
poll_timeout(struct handover *handover)
{
	if (handover->submitter.socket == -1)
		return CONNECT_MS;
	return handover_parked(handover) > 0 || !handover->submitter.greeted ? LOOK_MS : IDLE_MS;
}

static bool
has_more_to_send(struct handover *handover, uint64_t now)
{
	bool more;

	pthread_mutex_lock(&handover->mutex);
	submitter_send(&handover->submitter, &handover->parked, now);
	more = submitter_may_send(&handover->submitter, &handover->parked, now);
	pthread_mutex_unlock(&handover->mutex);
	return more;
}

/* Another socket is another spooler: what is parked is sent there. */
static void
take_target(struct handover *handover)
{
	struct target *old = NULL;

	pthread_mutex_lock(&handover->mutex);
	if (handover->next != NULL) {
		old = handover->target;
		handover->target = handover->next;
		handover->next = NULL;
		if (strcmp(old->socket, handover->target->socket) != 0)
			submitter_disconnect(&handover->submitter, &handover->parked);
		autostart_follow(&handover->autostart, handover->target);
		handover->target->autostart &= handover->autostart.starter != -1;
	}
	pthread_mutex_unlock(&handover->mutex);
	target_free(old);
}

int
handover_follow(struct handover *handover, const struct conf *conf)
{
	struct target *target = target_new(conf), *unused;

	if (target == NULL)
		return -1;
	pthread_mutex_lock(&handover->mutex);
	unused = handover->next;
	handover->next = target;
	pthread_mutex_unlock(&handover->mutex);
	target_free(unused);
	wake_completer(handover);
	return 0;
}

static void *
complete(void *argument)
{
	struct handover *handover = argument;
	const struct submitter *submitter = &handover->submitter;
	uint64_t ignored;

	for (;;) {
		uint64_t now = clock_monotonic_ms();
		bool more;
		struct pollfd fds[2] = {{.fd = handover->wake, .events = POLLIN}, {.events = POLLIN}};

		take_target(handover);
		if (submitter->socket == -1 && now - handover->tried_ms >= CONNECT_MS)
			try_connect(handover, now);
		if (submitter->socket != -1 && !submitter->greeted && now - submitter->connected_ms > HELLO_MS)
			hang_up(handover, "it does not answer");
		more = has_more_to_send(handover, now);
		fds[1].fd = submitter->socket;
		if (more)
			fds[1].events |= POLLOUT;
		poll(fds, 2, poll_timeout(handover));
		if (fds[0].revents != 0)
			(void)!read(handover->wake, &ignored, sizeof ignored);
		if (submitter->socket != -1 && (fds[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			read_acks(handover);
		now = clock_monotonic_ms();
		if (now - handover->looked_ms >= LOOK_MS)
			expire(handover, now);
	}
	return NULL;
}

struct handover *
handover_new(const struct conf *conf, const struct handover_owner *owner)
{
	struct handover *handover = calloc(1, sizeof *handover);
	char *file = realpath(conf->file, NULL);

	if (handover == NULL || file == NULL || (handover->target = target_new(conf)) == NULL ||
	    (handover->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    autostart_init(&handover->autostart, conf, file) != 0)
		return NULL; /* NOLINT(clang-analyzer-unix.Malloc): the process ends, see the header */
	free(file);
	handover->owner = *owner;
	submitter_init(&handover->submitter);
	parked_init(&handover->parked);
	pthread_mutex_init(&handover->mutex, NULL);
	return handover;
}

int
handover_begin(struct handover *handover)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, COMPLETER_STACK);
	errno = pthread_create(&thread, &attributes, complete, handover);
	pthread_attr_destroy(&attributes);
	return errno == 0 ? 0 : -1;
}
