/*
 * The responder's end of the submit socket.
 *
 * A parked request owns its frame until it is answered, so that after a lost connection all of them are sent again, in their order:
 * the spooler recognises what it had stored already.  One mutex covers slots, queue and connection; sending never blocks, so
 * that it is held for the time of a copy into the socket.
 */
#include "submit.h"

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

#include "../lib/clock.h"
#include "../lib/conf.h"
#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "../lib/wire.h"
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

struct submit {
	struct target *target;
	struct submit_owner owner;
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
may_send(const struct submit *submit, uint64_t now)
{
	const struct parked *parked = &submit->parked;

	return submit->greeted && parked->first != NULL &&
	    (parked->unanswered == 0 || parked->first_sent > 0 || now - submit->sent_ms >= HOLD_MS);
}

/* Send what the socket takes.  Errors are left for the completer, which reads the end of the connection. */
static void
send_queue(struct submit *submit, uint64_t now)
{
	struct iovec pieces[PIECES_MAX];

	if (!may_send(submit, now))
		return;
	submit->sent_ms = now;
	while (submit->parked.first != NULL) {
		int n_pieces = parked_gather(&submit->parked, pieces, PIECES_MAX);
		struct msghdr m = {.msg_iov = pieces, .msg_iovlen = (size_t)n_pieces};
		ssize_t n = sendmsg(submit->socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		parked_sent(&submit->parked, (size_t)n);
	}
}

static void
wake_completer(struct submit *submit)
{
	(void)!write(submit->wake, &(uint64_t){1}, sizeof(uint64_t));
}

/* Under the mutex.  Returns 0, *LEFT: the completer must be woken; or -1: too many are parked. */
static int
park(struct submit *submit, struct request *request, bool waits, bool *left)
{
	if (parked_slot(&submit->parked, request) != 0)
		return -1;
	request->parked_ms = clock_monotonic_ms();
	request->waits = waits;
	wire_submit(request->head, request->sequence, request->head_len - REQUEST_HEAD_ROOM + request->body_len);
	parked_enqueue(&submit->parked, request);
	send_queue(submit, request->parked_ms);
	*left = submit->parked.first != NULL && submit->parked.unanswered == 0;
	return 0;
}

int
submit_park(struct submit *submit, struct request *request, bool waits)
{
	bool left = false;
	int result;

	pthread_mutex_lock(&submit->mutex);
	result = park(submit, request, waits, &left);
	pthread_mutex_unlock(&submit->mutex);
	if (left)
		wake_completer(submit);
	return result;
}

int
submit_ask(struct submit *submit, struct request *request)
{
	bool left = false;
	int result = 0;

	pthread_mutex_lock(&submit->mutex);
	if (submit->question != NULL) {
		request->next = submit->asking;
		submit->asking = request;
	} else if ((result = park(submit, request, true, &left)) == 0) {
		submit->question = request;
	}
	pthread_mutex_unlock(&submit->mutex);
	if (left)
		wake_completer(submit);
	return result;
}

/* Those who wait for the answer to REQUEST's question, one behind the other; under the mutex. */
static struct request *
take_asking(struct submit *submit, const struct request *request)
{
	struct request *asking = NULL;

	if (request == submit->question) {
		asking = submit->asking;
		submit->asking = NULL;
		submit->question = NULL;
	}
	return asking;
}

void
submit_stop(struct submit *submit)
{
	pthread_mutex_lock(&submit->mutex);
	submit->stopping = true;
	pthread_mutex_unlock(&submit->mutex);
}

/* Whether anybody wants a spooler: one that would be started for nobody might outlive the one who stops it all. */
static bool
wanted(struct submit *submit)
{
	bool wanted;

	pthread_mutex_lock(&submit->mutex);
	wanted = !submit->stopping || parked_count(&submit->parked) > 0;
	pthread_mutex_unlock(&submit->mutex);
	return wanted;
}

size_t
submit_parked(struct submit *submit)
{
	size_t n;

	pthread_mutex_lock(&submit->mutex);
	n = parked_count(&submit->parked);
	pthread_mutex_unlock(&submit->mutex);
	return n;
}

/* The slot is free only once its sender was answered, so that a responder that stops waits for it. */
static void
release(struct submit *submit, struct request *request)
{
	uint64_t sequence = request->sequence;

	submit->owner.done(submit->owner.context, request);
	pthread_mutex_lock(&submit->mutex);
	parked_free(&submit->parked, sequence);
	pthread_mutex_unlock(&submit->mutex);
}

/* Under the mutex. */
static void
disconnect(struct submit *submit)
{
	if (submit->socket != -1)
		close(submit->socket);
	submit->socket = -1;
	submit->greeted = false;
	submit->in_len = 0;
	parked_again(&submit->parked);
}

static void
hang_up(struct submit *submit, const char *why)
{
	if (why != NULL)
		log_flood(LOG_FLOOD_ERROR, SUBJECT, why, "spooler: %s; the connection is made anew", why);
	pthread_mutex_lock(&submit->mutex);
	disconnect(submit);
	pthread_mutex_unlock(&submit->mutex);
}

struct answered {
	struct request *request, *asking; /* ASKING hear the same */
	enum wire_answer answer;
	uint64_t number;
};

/* ANSWER 0: none has come in time. */
static void
reply(struct request *request, enum wire_answer answer, uint64_t number)
{
	if (answer == 0)
		reply_send(request, REPLY_UNAVAILABLE, NULL);
	else
		reply_answer(request, answer, number);
}

static void
settle(struct submit *submit, const struct answered *a)
{
	for (struct request *request = a->asking, *next; request != NULL; request = next) {
		next = request->next;
		reply(request, a->answer, 0);
		submit->owner.done(submit->owner.context, request);
	}
	if (a->request->waits)
		reply(a->request, a->answer, a->number);
	release(submit, a->request);
}

/* Answer 503 to those whose time is over. */
static void
expire(struct submit *submit, uint64_t now)
{
	struct request *expired[PARKED_MAX], *asking = NULL;
	uint64_t limit = submit->target->deadline_ms;
	bool cut = false;
	size_t n;

	pthread_mutex_lock(&submit->mutex);
	if (!submit->greeted && !submit->target->autostart && limit > ABSENT_MS)
		limit = ABSENT_MS;
	n = parked_expired(&submit->parked, now > limit ? now - limit : 0, expired, &cut);
	if (cut)
		disconnect(submit);
	for (size_t i = 0; i < n && asking == NULL; i++)
		asking = take_asking(submit, expired[i]);
	pthread_mutex_unlock(&submit->mutex);
	for (size_t i = 0; i < n; i++)
		settle(submit, &(struct answered){.request = expired[i], .asking = i == 0 ? asking : NULL});
	if (n > 0)
		log_flood(LOG_FLOOD_ERROR, SUBJECT, "webhooks not answered in time",
		    "%zu webhooks were not answered by the spooler in time: 503", n);
	submit->looked_ms = now;
}

/* Take one frame.  Returns its length, 0 when it is not all here, or -1: not the protocol. */
static ssize_t
take_frame(struct submit *submit, const unsigned char *bytes, size_t len, struct answered *out)
{
	struct wire_reader r;
	uint32_t size;
	uint8_t type;

	out->request = NULL;
	if (len < WIRE_HEADER)
		return 0;
	size = wire_u32_at(bytes);
	if (size + 4 != WIRE_ANSWER_SIZE && size + 4 != WIRE_HELLO_SIZE)
		return -1;
	if (len < size + 4)
		return 0;
	wire_reader_init(&r, bytes + 4, size);
	type = wire_get_u8(&r);
	if (type == WIRE_HELLO && !submit->greeted) {
		if (wire_get_u32(&r) != WIRE_MAGIC || wire_get_u16(&r) != WIRE_VERSION)
			return -1;
		submit->greeted = true;
		autostart_rest(&submit->autostart);
		submit->absent_logged = false;
		return WIRE_HELLO_SIZE;
	}
	if (type != WIRE_ANSWER || !submit->greeted || size + 4 != WIRE_ANSWER_SIZE)
		return -1;
	if (submit->parked.unanswered > 0)
		submit->parked.unanswered--;
	out->request = parked_take(&submit->parked, wire_get_u64(&r));
	out->answer = wire_get_u8(&r);
	out->number = wire_get_u64(&r);
	if (out->answer < WIRE_STORED || out->answer > WIRE_UNFIT)
		out->answer = WIRE_INVALID;
	if (out->request != NULL)
		out->asking = take_asking(submit, out->request);
	return WIRE_ANSWER_SIZE;
}

/* A refusal means that something is wrong here, not with the sender. */
static void
tell_refusal(const struct answered *a)
{
	const char *why = a->answer == WIRE_UNKNOWN ? "its configuration has no such source"
	    : a->answer == WIRE_UNFIT		    ? "it does not fit its configuration of this source"
	    : a->answer == WIRE_INVALID		    ? "it did not understand the record"
						    : NULL;

	if (why != NULL)
		log_flood(LOG_FLOOD_ERROR, a->request->source, why, "spooler: it refused a webhook of source %s: %s",
		    a->request->source, why);
}

/* Everything that came, under one lock; then the senders are answered without it. */
static void
take_answers(struct submit *submit)
{
	struct answered answered[ANSWERS_SIZE / WIRE_ANSWER_SIZE + 1];
	size_t n = 0, at = 0;
	ssize_t len = 0;

	pthread_mutex_lock(&submit->mutex);
	while (at < submit->in_len) {
		len = take_frame(submit, submit->in + at, submit->in_len - at, &answered[n]);
		if (len <= 0)
			break;
		at += (size_t)len;
		n += answered[n].request != NULL;
	}
	send_queue(
	    submit, clock_monotonic_ms()); /* first of all, so that the spooler works while senders are answered */
	pthread_mutex_unlock(&submit->mutex);
	memmove(submit->in, submit->in + at, submit->in_len - at);
	submit->in_len -= at;
	for (size_t i = 0; i < n; i++) {
		tell_refusal(&answered[i]);
		settle(submit, &answered[i]);
	}
	if (len < 0)
		hang_up(submit, "it does not speak this version of the protocol");
}

static void
read_answers(struct submit *submit)
{
	ssize_t n = recv(submit->socket, submit->in + submit->in_len, sizeof submit->in - submit->in_len, MSG_DONTWAIT);

	if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	if (n <= 0) {
		hang_up(submit, "the connection ended");
		return;
	}
	submit->in_len += (size_t)n;
	take_answers(submit);
}

static void
is_absent(struct submit *submit, int error, uint64_t now)
{
	if (submit->target->autostart && (error == ENOENT || error == ECONNREFUSED)) {
		if (wanted(submit))
			autostart_try(&submit->autostart, submit->target->socket, now);
		return;
	}
	if (!submit->absent_logged)
		log_flood(
		    LOG_FLOOD_WARN, SUBJECT, "absent", "spooler: %s: %s", submit->target->socket, strerror(error));
	submit->absent_logged = true;
}

static void
try_connect(struct submit *submit, uint64_t now)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	unsigned char hello[WIRE_HELLO_SIZE];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	submit->tried_ms = now;
	if (fd == -1)
		return;
	strncpy(address.sun_path, submit->target->socket, sizeof address.sun_path - 1);
	wire_hello(hello);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
	    send(fd, hello, sizeof hello, MSG_NOSIGNAL) == (ssize_t)sizeof hello) {
		pthread_mutex_lock(&submit->mutex);
		submit->socket = fd;
		pthread_mutex_unlock(&submit->mutex);
		submit->connected_ms = now;
		return;
	}
	is_absent(submit, errno, now);
	close(fd);
}

static int
poll_timeout(struct submit *submit)
{
	if (submit->socket == -1)
		return CONNECT_MS;
	return submit_parked(submit) > 0 || !submit->greeted ? LOOK_MS : IDLE_MS;
}

static bool
has_more_to_send(struct submit *submit, uint64_t now)
{
	bool more;

	pthread_mutex_lock(&submit->mutex);
	send_queue(submit, now);
	more = may_send(submit, now);
	pthread_mutex_unlock(&submit->mutex);
	return more;
}

/* Another socket is another spooler: what is parked is sent there. */
static void
take_target(struct submit *submit)
{
	struct target *old = NULL;

	pthread_mutex_lock(&submit->mutex);
	if (submit->next != NULL) {
		old = submit->target;
		submit->target = submit->next;
		submit->next = NULL;
		if (strcmp(old->socket, submit->target->socket) != 0)
			disconnect(submit);
		autostart_follow(&submit->autostart, submit->target);
		submit->target->autostart &= submit->autostart.starter != -1;
	}
	pthread_mutex_unlock(&submit->mutex);
	target_free(old);
}

int
submit_follow(struct submit *submit, const struct conf *conf)
{
	struct target *target = target_new(conf), *unused;

	if (target == NULL)
		return -1;
	pthread_mutex_lock(&submit->mutex);
	unused = submit->next;
	submit->next = target;
	pthread_mutex_unlock(&submit->mutex);
	target_free(unused);
	wake_completer(submit);
	return 0;
}

static void *
complete(void *argument)
{
	struct submit *submit = argument;
	uint64_t ignored;

	for (;;) {
		uint64_t now = clock_monotonic_ms();
		bool more;
		struct pollfd fds[2] = {{.fd = submit->wake, .events = POLLIN}, {.events = POLLIN}};

		take_target(submit);
		if (submit->socket == -1 && now - submit->tried_ms >= CONNECT_MS)
			try_connect(submit, now);
		if (submit->socket != -1 && !submit->greeted && now - submit->connected_ms > HELLO_MS)
			hang_up(submit, "it does not answer");
		more = has_more_to_send(submit, now);
		fds[1].fd = submit->socket;
		if (more)
			fds[1].events |= POLLOUT;
		poll(fds, 2, poll_timeout(submit));
		if (fds[0].revents != 0)
			(void)!read(submit->wake, &ignored, sizeof ignored);
		if (submit->socket != -1 && (fds[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			read_answers(submit);
		now = clock_monotonic_ms();
		if (now - submit->looked_ms >= LOOK_MS)
			expire(submit, now);
	}
	return NULL;
}

struct submit *
submit_new(const struct conf *conf, const struct submit_owner *owner)
{
	struct submit *submit = calloc(1, sizeof *submit);
	char *file = realpath(conf->file, NULL);

	if (submit == NULL || file == NULL || (submit->target = target_new(conf)) == NULL ||
	    (submit->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    autostart_init(&submit->autostart, conf, file) != 0)
		return NULL;
	free(file);
	submit->owner = *owner;
	submit->socket = -1;
	parked_init(&submit->parked);
	pthread_mutex_init(&submit->mutex, NULL);
	return submit;
}

int
submit_begin(struct submit *submit)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, COMPLETER_STACK);
	errno = pthread_create(&thread, &attributes, complete, submit);
	pthread_attr_destroy(&attributes);
	return errno == 0 ? 0 : -1;
}
