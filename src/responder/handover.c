/*
 * The responder's end of the submit socket.
 *
 * A parked request owns its frame until it is answered, so that after a lost connection all of them are sent again, in their order:
 * the spooler recognises what it had stored already.  One mutex covers slots, queue and connection; sending never blocks, so
 * that it is held for the time of a copy into the socket.
 */
#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "../lib/wire.h"
#include "../protocol/submit.h"
#include "autostart.h"
#include "parked.h"
#include "reply.h"
#include "request.h"
#include "target.h"

#define PIECES_MAX 64	   /* of one sendmsg: 32 webhooks */
#define ANSWERS_SIZE 65536 /* bytes of answers taken at once */
#define HOLD_MS 50	   /* held back no longer than this while answers are awaited */
#define LOOK_MS 50	   /* between looks at the deadlines */
#define IDLE_MS 100	   /* the same, by one who slept when a webhook was parked: that wakes nobody */
#define CONNECT_MS 20	   /* between attempts to connect */
#define HELLO_MS 10000	   /* a spooler that does not greet within this is hung up on */
#define ABSENT_MS 1000	   /* without autostart nobody waits longer for a spooler that is not there */
#define COMPLETER_STACK (256u << 10)
#define SUBJECT "(spooler)" /* of lines that webhooks can cause; no name of a source */

struct handover {
	struct target *target;
	struct handover_owner owner;
	int wake; /* eventfd: something to send that an acceptor could not */
	pthread_mutex_t mutex;
	/* Under the mutex. */
	struct parked parked;
	const struct request *question; /* the one health check that is parked; NULL: none is */
	struct request *asking;		/* others that wait for its answer */
	uint64_t sent_ms;
	int socket;	     /* -1: not connected */
	struct target *next; /* to be used from now on; NULL: none */
	bool stopping;
	bool greeted;
	/* The completer's own. */
	unsigned char in[ANSWERS_SIZE];
	size_t in_len;
	struct autostart autostart;
	uint64_t looked_ms, connected_ms, tried_ms;
	bool absent_logged;
};

/*
 * While the spooler commits a group, what comes is held back and sent in one piece when the answers are here: it would wait in the
 * socket instead, wake the spooler for each webhook, and make many small groups.  Not for long, should an answer be late.
 */
static bool
may_send(const struct handover *handover, uint64_t now)
{
	const struct parked *parked = &handover->parked;

	return handover->greeted && parked->first != NULL &&
	    (parked->unanswered == 0 || parked->first_sent > 0 || now - handover->sent_ms >= HOLD_MS);
}

/* Send what the socket takes.  Errors are left for the completer, which reads the end of the connection. */
static void
send_queue(struct handover *handover, uint64_t now)
{
	struct iovec pieces[PIECES_MAX];

	if (!may_send(handover, now))
		return;
	handover->sent_ms = now;
	while (handover->parked.first != NULL) {
		int n_pieces = parked_gather(&handover->parked, pieces, PIECES_MAX);
		struct msghdr m = {.msg_iov = pieces, .msg_iovlen = (size_t)n_pieces};
		ssize_t n = sendmsg(handover->socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		parked_sent(&handover->parked, (size_t)n);
	}
}

static void
wake_completer(struct handover *handover)
{
	(void)!write(handover->wake, &(uint64_t){1}, sizeof(uint64_t));
}

/* Under the mutex.  Returns 0, *LEFT: the completer must be woken; or -1: too many are parked. */
static int
park(struct handover *handover, struct request *request, bool waits, bool *left)
{
	if (parked_slot(&handover->parked, request) != 0)
		return -1;
	request->parked_ms = clock_monotonic_ms();
	request->waits = waits;
	submit_put_webhook(
	    request->head.bytes, request->sequence, request->head.len - REQUEST_HEAD_ROOM + request->body.len);
	parked_enqueue(&handover->parked, request);
	send_queue(handover, request->parked_ms);
	*left = handover->parked.first != NULL && handover->parked.unanswered == 0;
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

/* Those who wait for the answer to REQUEST's question, one behind the other; under the mutex. */
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

/* The slot is free only once its sender was answered, so that a responder that stops waits for it. */
static void
release(struct handover *handover, struct request *request)
{
	uint64_t sequence = request->sequence;

	handover->owner.done(handover->owner.context, request);
	pthread_mutex_lock(&handover->mutex);
	parked_free(&handover->parked, sequence);
	pthread_mutex_unlock(&handover->mutex);
}

/* Under the mutex. */
static void
disconnect(struct handover *handover)
{
	if (handover->socket != -1)
		close(handover->socket);
	handover->socket = -1;
	handover->greeted = false;
	handover->in_len = 0;
	parked_again(&handover->parked);
}

static void
hang_up(struct handover *handover, const char *why)
{
	if (why != NULL)
		log_flood(LOG_FLOOD_ERROR, SUBJECT, why, "spooler: %s; the connection is made anew", why);
	pthread_mutex_lock(&handover->mutex);
	disconnect(handover);
	pthread_mutex_unlock(&handover->mutex);
}

struct answered {
	struct request *request, *asking; /* ASKING hear the same */
	enum submit_ack answer;
	uint64_t number;
};

/* ANSWER 0: none has come in time. */
static void
reply(struct request *request, enum submit_ack answer, uint64_t number)
{
	if (answer == 0)
		reply_send(request, REPLY_UNAVAILABLE, NULL);
	else
		reply_answer(request, answer, number);
}

static void
settle(struct handover *handover, const struct answered *a)
{
	for (struct request *request = a->asking, *next; request != NULL; request = next) {
		next = request->next;
		reply(request, a->answer, 0);
		handover->owner.done(handover->owner.context, request);
	}
	if (a->request->waits)
		reply(a->request, a->answer, a->number);
	release(handover, a->request);
}

/* Answer 503 to those whose time is over. */
static void
expire(struct handover *handover, uint64_t now)
{
	struct request *expired[PARKED_MAX], *asking = NULL;
	uint64_t limit = handover->target->deadline_ms;
	bool cut = false;
	size_t n;

	pthread_mutex_lock(&handover->mutex);
	if (!handover->greeted && !handover->target->autostart && limit > ABSENT_MS)
		limit = ABSENT_MS;
	n = parked_expired(&handover->parked, now > limit ? now - limit : 0, expired, &cut);
	if (cut)
		disconnect(handover);
	for (size_t i = 0; i < n && asking == NULL; i++)
		asking = take_asking(handover, expired[i]);
	pthread_mutex_unlock(&handover->mutex);
	for (size_t i = 0; i < n; i++)
		settle(handover, &(struct answered){.request = expired[i], .asking = i == 0 ? asking : NULL});
	if (n > 0)
		log_flood(LOG_FLOOD_ERROR, SUBJECT, "webhooks not answered in time",
		    "%zu webhooks were not answered by the spooler in time: 503", n);
	handover->looked_ms = now;
}

/* Take one frame.  Returns its length, 0 when it is not all here, or -1: not the protocol. */
static ssize_t
take_frame(struct handover *handover, const unsigned char *bytes, size_t len, struct answered *out)
{
	struct wire_reader r;
	uint32_t size;
	uint8_t type;

	out->request = NULL;
	if (len < SUBMIT_HEADER)
		return 0;
	size = wire_u32_at(bytes);
	if (size + 4 != SUBMIT_ACK_SIZE && size + 4 != SUBMIT_HELLO_SIZE)
		return -1;
	if (len < size + 4)
		return 0;
	wire_reader_init(&r, bytes + 4, size);
	type = wire_get_u8(&r);
	if (type == SUBMIT_HELLO && !handover->greeted) {
		if (wire_get_u32(&r) != SUBMIT_MAGIC || wire_get_u16(&r) != SUBMIT_VERSION)
			return -1;
		handover->greeted = true;
		autostart_rest(&handover->autostart);
		handover->absent_logged = false;
		return SUBMIT_HELLO_SIZE;
	}
	if (type != SUBMIT_ACK || !handover->greeted || size + 4 != SUBMIT_ACK_SIZE)
		return -1;
	if (handover->parked.unanswered > 0)
		handover->parked.unanswered--;
	out->request = parked_take(&handover->parked, wire_get_u64(&r));
	out->answer = wire_get_u8(&r);
	out->number = wire_get_u64(&r);
	if (out->answer < SUBMIT_STORED || out->answer > SUBMIT_UNFIT)
		out->answer = SUBMIT_INVALID;
	if (out->request != NULL)
		out->asking = take_asking(handover, out->request);
	return SUBMIT_ACK_SIZE;
}

/* A refusal means that something is wrong here, not with the sender. */
static void
tell_refusal(const struct answered *a)
{
	const char *why = a->answer == SUBMIT_UNKNOWN ? "its configuration has no such source"
	    : a->answer == SUBMIT_UNFIT		      ? "it does not fit its configuration of this source"
	    : a->answer == SUBMIT_INVALID	      ? "it did not understand the record"
						      : NULL;

	if (why != NULL)
		log_flood(LOG_FLOOD_ERROR, a->request->source, why, "spooler: it refused a webhook of source %s: %s",
		    a->request->source, why);
}

/* Everything that came, under one lock; then the senders are answered without it. */
static void
take_answers(struct handover *handover)
{
	struct answered answered[ANSWERS_SIZE / SUBMIT_ACK_SIZE + 1];
	size_t n = 0, at = 0;
	ssize_t len = 0;

	pthread_mutex_lock(&handover->mutex);
	while (at < handover->in_len) {
		len = take_frame(handover, handover->in + at, handover->in_len - at, &answered[n]);
		if (len <= 0)
			break;
		at += (size_t)len;
		n += answered[n].request != NULL;
	}
	send_queue(
	    handover, clock_monotonic_ms()); /* first of all, so that the spooler works while senders are answered */
	pthread_mutex_unlock(&handover->mutex);
	memmove(handover->in, handover->in + at, handover->in_len - at);
	handover->in_len -= at;
	for (size_t i = 0; i < n; i++) {
		tell_refusal(&answered[i]);
		settle(handover, &answered[i]);
	}
	if (len < 0)
		hang_up(handover, "it does not speak this version of the protocol");
}

static void
read_answers(struct handover *handover)
{
	ssize_t n = recv(
	    handover->socket, handover->in + handover->in_len, sizeof handover->in - handover->in_len, MSG_DONTWAIT);

	if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	if (n <= 0) {
		hang_up(handover, "the connection ended");
		return;
	}
	handover->in_len += (size_t)n;
	take_answers(handover);
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
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	unsigned char hello[SUBMIT_HELLO_SIZE];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	handover->tried_ms = now;
	if (fd == -1)
		return;
	strncpy(address.sun_path, handover->target->socket, sizeof address.sun_path - 1);
	submit_put_hello(hello);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
	    send(fd, hello, sizeof hello, MSG_NOSIGNAL) == (ssize_t)sizeof hello) {
		pthread_mutex_lock(&handover->mutex);
		handover->socket = fd;
		pthread_mutex_unlock(&handover->mutex);
		handover->connected_ms = now;
		return;
	}
	is_absent(handover, errno, now);
	close(fd);
}

static int
poll_timeout(struct handover *handover)
{
	if (handover->socket == -1)
		return CONNECT_MS;
	return handover_parked(handover) > 0 || !handover->greeted ? LOOK_MS : IDLE_MS;
}

static bool
has_more_to_send(struct handover *handover, uint64_t now)
{
	bool more;

	pthread_mutex_lock(&handover->mutex);
	send_queue(handover, now);
	more = may_send(handover, now);
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
			disconnect(handover);
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
	uint64_t ignored;

	for (;;) {
		uint64_t now = clock_monotonic_ms();
		bool more;
		struct pollfd fds[2] = {{.fd = handover->wake, .events = POLLIN}, {.events = POLLIN}};

		take_target(handover);
		if (handover->socket == -1 && now - handover->tried_ms >= CONNECT_MS)
			try_connect(handover, now);
		if (handover->socket != -1 && !handover->greeted && now - handover->connected_ms > HELLO_MS)
			hang_up(handover, "it does not answer");
		more = has_more_to_send(handover, now);
		fds[1].fd = handover->socket;
		if (more)
			fds[1].events |= POLLOUT;
		poll(fds, 2, poll_timeout(handover));
		if (fds[0].revents != 0)
			(void)!read(handover->wake, &ignored, sizeof ignored);
		if (handover->socket != -1 && (fds[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			read_answers(handover);
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
		return NULL;
	free(file);
	handover->owner = *owner;
	handover->socket = -1;
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
