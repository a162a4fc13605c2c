/*
 * Acceptor threads.  Each has its own signers and validators, takes a request, judges it, and either refuses it or parks it with the
 * spooler: it never waits for a disk.
 */
#include "responder.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/conf.h"
#include "../lib/conf_stamp.h"
#include "../lib/event.h"
#include "../lib/log.h"
#include "address.h"
#include "connections.h"
#include "guard.h"
#include "handshake.h"
#include "reply.h"
#include "request.h"
#include "reread.h"
#include "rules.h"
#include "signature.h"
#include "submit.h"
#include "validate.h"

#define ACCEPTOR_STACK (256u << 10)
#define STOP_LOOK_MS 10
#define CHANGE_LOOK_SECONDS 1
#define ACCEPTORS_MAX 128 /* with those that stand in for others that wait for slow bodies */
#define GUARD_LOOK_MS 100 /* between looks at who waits for a body */
#define SLOW_MS 100	  /* a body that takes longer has its thread replaced */
#define GUARD_STACK (64u << 10)
#define SHOWN_MAX 200 /* bytes of a path in the log */

struct responder {
	struct rules_book book;
	struct submit *submit;
	bool cgi;
	unsigned threads;      /* that are ready for webhooks, */
	atomic_uint acceptors; /* of so many that were started */
	struct acceptor *acceptor;
	struct connections *connections;
	atomic_bool stopping;
	pthread_mutex_t mutex;
	struct request *pool;
};

struct acceptor {
	struct responder *responder;
	struct rules rules;
	struct handshake_answer answer;
	char address[ADDRESS_TEXT_SIZE]; /* of the request's sender */
	struct guard guard;
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
	request->next = responder->pool;
	responder->pool = request;
	pthread_mutex_unlock(&responder->mutex);
}

static struct request *
take_request(struct responder *responder)
{
	struct request *request;

	pthread_mutex_lock(&responder->mutex);
	if ((request = responder->pool) != NULL)
		responder->pool = request->next;
	pthread_mutex_unlock(&responder->mutex);
	return request != NULL ? request : request_new(responder->cgi);
}

static const char *
param_of(void *request, const char *name)
{
	return request_param(request, name);
}

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static void
log_refusal(const struct acceptor *acceptor, const struct request *request, const char *source, const char *why)
{
	char address[ADDRESS_TEXT_SIZE], length[32];

	log_warn("%s: refused from %s: %s (%s bytes)", source,
	    log_visible(address, sizeof address, acceptor->address, strlen(acceptor->address)), why,
	    log_visible(length, sizeof length, or_empty(request_param(request, "CONTENT_LENGTH")),
		strlen(or_empty(request_param(request, "CONTENT_LENGTH")))));
}

/* The path that was asked for, without its query: as the client wrote it, or what the server made of it. */
static const struct source *
route(const struct conf *conf, const struct request *request)
{
	const char *uri = request_param(request, "REQUEST_URI"), *script, *info;
	char path[1024];
	size_t len;

	if (uri != NULL && *uri == '/') {
		len = strcspn(uri, "?#");
		if (len >= sizeof path)
			return NULL;
		memcpy(path, uri, len);
		path[len] = '\0';
		return conf_source_at(conf, path);
	}
	script = or_empty(request_param(request, "SCRIPT_NAME"));
	info = or_empty(request_param(request, "PATH_INFO"));
	if (strlen(script) + strlen(info) >= sizeof path)
		return NULL;
	return conf_source_at(conf, strcat(strcpy(path, script), info));
}

static bool
is_https(const struct request *request)
{
	const char *https = or_empty(request_param(request, "HTTPS"));

	return strcasecmp(https, "on") == 0 || strcmp(https, "1") == 0 ||
	    strcasecmp(or_empty(request_param(request, "REQUEST_SCHEME")), "https") == 0;
}

static bool
is_get(const struct request *request)
{
	return strcmp(or_empty(request_param(request, "REQUEST_METHOD")), "GET") == 0;
}

/* The sender asks something by GET. */
static bool
has_get(const struct source *source)
{
	for (size_t i = 0; i < source->nhandshakes; i++)
		if (source->handshakes[i].get)
			return true;
	return false;
}

/* What can be refused before the body is read.  Returns NULL: nothing; *REPLY is set otherwise. */
static const char *
refuse_cheaply(
    const struct acceptor *acceptor, const struct source *source, const struct request *request, enum reply *reply)
{
	const char *coding = or_empty(request_param(request, "HTTP_CONTENT_ENCODING"));

	if (!address_allowed(source, acceptor->address)) {
		*reply = REPLY_ADDRESS;
		return "address not allowed";
	}
	if (source->require_https && !is_https(request)) {
		*reply = REPLY_HTTPS;
		return "not over HTTPS";
	}
	if (is_get(request) && has_get(source))
		return NULL;
	if (strcmp(or_empty(request_param(request, "REQUEST_METHOD")), "POST") != 0) {
		*reply = REPLY_METHOD;
		return "method is not POST";
	}
	if (!validate_is_wanted(source, or_empty(request_param(request, "CONTENT_TYPE")))) {
		*reply = source->payload == PAYLOAD_FORM ? REPLY_NOT_A_FORM : REPLY_MEDIA_TYPE;
		return source->payload == PAYLOAD_FORM ? "content type is not that of a form"
						       : "content type is not JSON";
	}
	*reply = REPLY_ENCODING;
	return *coding != '\0' && strcasecmp(coding, "identity") != 0 ? "content coding" : NULL;
}

static const char *
read_body(const struct source *source, struct request *request, enum reply *reply)
{
	switch (request_read_body(request, source->max_body)) {
	case REQUEST_BODY_OK:
		*reply = REPLY_EMPTY;
		return request->body_len == 0 ? "empty body" : NULL;
	case REQUEST_BODY_LONG:
		*reply = REPLY_TOO_LARGE;
		return "longer than max-body";
	case REQUEST_BODY_SHORT:
		*reply = REPLY_TRUNCATED;
		return "body shorter than its length";
	case REQUEST_BODY_BAD_LENGTH:
		*reply = REPLY_BAD_LENGTH;
		return "bad content length";
	case REQUEST_BODY_NO_MEMORY:
		*reply = REPLY_INTERNAL;
		return "out of memory";
	}
	return NULL;
}

static void
set_text(struct event *event, enum event_text which, const char *text, size_t max)
{
	size_t len = strlen(text);

	event->text[which] = text;
	event->len[which] = (uint32_t)(len < max ? len : max);
}

static int
encode(struct request *request, const struct event *event)
{
	size_t size = event_head_size(event);

	if (request_head_room(request, REQUEST_HEAD_ROOM + size) != 0)
		return -1;
	event_encode_head(event, request->head + REQUEST_HEAD_ROOM);
	request->head_len = REQUEST_HEAD_ROOM + size;
	return 0;
}

/* Hand over, or say that it can't be done now. */
static void
hand_over(struct responder *responder, struct request *request, const struct event *event, bool waits)
{
	snprintf(request->source, sizeof request->source, "%s", event->text[EVENT_SOURCE]);
	if (encode(request, event) == 0 && submit_park(responder->submit, request, waits) == 0)
		return;
	log_error("%s: too many webhooks in hand", event->text[EVENT_SOURCE]);
	if (waits)
		reply_send(request, REPLY_BUSY, NULL);
	give_back(responder, request);
}

static void
reject(struct acceptor *acceptor, struct request *request, struct event *event, enum validate_result result,
    const char *selector)
{
	struct responder *responder = acceptor->responder;
	char why[EVENT_REASON_MAX + 1];

	log_refusal(acceptor, request, event->text[EVENT_SOURCE],
	    log_visible(why, sizeof why, event->text[EVENT_REASON], event->len[EVENT_REASON]));
	event->kind = EVENT_REJECTED;
	event->nenv = 0;
	/* Encoded before the answer, which frees the request's variables. */
	if (encode(request, event) != 0) {
		reply_send(request, REPLY_INTERNAL, NULL);
		give_back(responder, request);
		return;
	}
	reply_send(request, result == VALIDATE_JSON ? REPLY_INVALID_JSON : REPLY_INVALID_FIELD, selector);
	snprintf(request->source, sizeof request->source, "%s", event->text[EVENT_SOURCE]);
	if (submit_park(responder->submit, request, false) != 0)
		give_back(responder, request);
}

static void
begin_event(struct acceptor *acceptor, const struct source *source, const struct request *request, struct event *event)
{
	memset(event, 0, offsetof(struct event, env));
	event->nenv = 0;
	event->kind = EVENT_ACCEPTED;
	event->received_ms = clock_wall_ms();
	event->body = request->body;
	event->body_len = request->body_len;
	for (int i = 0; i < EVENT_TEXTS; i++)
		event->text[i] = "";
	set_text(event, EVENT_SOURCE, source->name, CONF_NAME_MAX);
	set_text(event, EVENT_ADDRESS, acceptor->address, ADDRESS_TEXT_SIZE);
	set_text(event, EVENT_CONTENT_TYPE, or_empty(request_param(request, "CONTENT_TYPE")), 256);
}

/* Answers a handshake.  Returns false: it is none. */
static bool
shake_hands(struct acceptor *acceptor, struct request *request, const struct source *source, struct select *select,
    size_t secret)
{
	size_t index = (size_t)(source - acceptor->rules.conf->sources);
	struct handshake_answer *answer = &acceptor->answer;
	char why[EVENT_REASON_MAX];

	switch (handshake_find(source, is_get(request), select, acceptor->rules.signers[index], secret, answer)) {
	case HANDSHAKE_NONE:
		return false;
	case HANDSHAKE_ANSWER:
		log_info("%s: answered \"%s\" to %s", source->name, answer->handshake->name, acceptor->address);
		reply_handshake(request, answer);
		break;
	case HANDSHAKE_UNAUTHORIZED:
		log_refusal(acceptor, request, source->name, "token of the handshake missing or wrong");
		reply_send(request, REPLY_UNAUTHORIZED, NULL);
		break;
	case HANDSHAKE_INVALID:
		snprintf(why, sizeof why, "answer \"%.32s\": %s %s", answer->handshake->name,
		    or_empty(answer->selector), answer->why);
		log_refusal(acceptor, request, source->name, why);
		reply_send(request, REPLY_INVALID_FIELD, answer->selector);
		break;
	}
	give_back(acceptor->responder, request);
	return true;
}

/* An authenticated POST. */
static void
judge_event(struct acceptor *acceptor, struct request *request, const struct source *source, size_t secret)
{
	struct responder *responder = acceptor->responder;
	struct validator *validator = acceptor->rules.validators[source - acceptor->rules.conf->sources];
	const struct validate_input input = {request->body, request->body_len, param_of, request};
	struct select *select = validate_begin(validator, &input);
	struct event event;
	enum validate_result result;
	const char *selector;

	begin_event(acceptor, source, request, &event);
	event.secret = (unsigned)secret;
	result = validate_parse(validator, &event, &selector);
	if (result == VALIDATE_OK && shake_hands(acceptor, request, source, select, secret))
		return;
	if (result == VALIDATE_OK)
		result = validate_event(validator, &event, &selector);
	if (result == VALIDATE_OK) {
		hand_over(responder, request, &event, true);
	} else if (result == VALIDATE_NO_MEMORY) {
		reply_send(request, REPLY_INTERNAL, NULL);
		give_back(responder, request);
	} else {
		reject(acceptor, request, &event, result, selector);
	}
}

/* A GET, which nobody signs, where the source has answers to some. */
static void
judge_get(struct acceptor *acceptor, struct request *request, const struct source *source)
{
	const struct validate_input input = {"", 0, param_of, request};
	struct select *select =
	    validate_begin(acceptor->rules.validators[source - acceptor->rules.conf->sources], &input);

	if (shake_hands(acceptor, request, source, select, 0))
		return;
	log_refusal(acceptor, request, source->name, "method is not POST, and no answer is for this GET");
	reply_send(request, REPLY_METHOD, NULL);
	give_back(acceptor->responder, request);
}

static const char *
authenticate(
    struct acceptor *acceptor, struct request *request, const struct source *source, enum reply *reply, size_t *secret)
{
	const struct signature_input input = {
	    request->body, request->body_len, "POST", clock_wall_ms(), param_of, request};
	size_t index = (size_t)(source - acceptor->rules.conf->sources);
	enum signature_result result = signature_check(acceptor->rules.signers[index], &input, secret);

	*reply = result == SIGNATURE_FAILED ? REPLY_INTERNAL : REPLY_UNAUTHORIZED;
	return result == SIGNATURE_OK ? NULL : signature_result_text(result);
}

/* Why the request is refused before its signature is looked at, or NULL.  Its body has been read then, whether or not it was wanted. */
static const char *
receive(struct acceptor *acceptor, struct request *request, const struct source *source, enum reply *reply)
{
	const char *why = "no source at this path";

	*reply = REPLY_NOT_FOUND;
	guard_begin(&acceptor->guard, request_connection(request), acceptor->rules.conf->read_deadline_ms);
	if (source != NULL && (why = refuse_cheaply(acceptor, source, request, reply)) == NULL && !is_get(request))
		why = read_body(source, request, reply);
	request_drain(request);
	if (!guard_end(&acceptor->guard))
		return why;
	*reply = REPLY_SLOW;
	return "body not here within read-deadline";
}

/* Takes the request. */
static void
judge(struct acceptor *acceptor, struct request *request)
{
	struct responder *responder = acceptor->responder;
	const struct source *source = route(acceptor->rules.conf, request);
	char path[SHOWN_MAX];
	const char *why, *uri = or_empty(request_param(request, "REQUEST_URI"));
	enum reply reply;
	size_t secret;

	address_of(acceptor->rules.conf, param_of, request, acceptor->address);
	why = receive(acceptor, request, source, &reply);
	if (why == NULL && is_get(request)) {
		judge_get(acceptor, request, source);
		return;
	}
	if (why == NULL && (why = authenticate(acceptor, request, source, &reply, &secret)) == NULL) {
		judge_event(acceptor, request, source, secret);
		return;
	}
	log_refusal(
	    acceptor, request, source != NULL ? source->name : log_visible(path, sizeof path, uri, strlen(uri)), why);
	reply_send(request, reply, NULL);
	give_back(responder, request);
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
		log_error("a connection was closed: out of memory");
		return NULL;
	}
	if (request_accept(request, fd) == 0)
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
			/* It came while this thread waited: what holds for it is the configuration of now. */
			if (rules_follow(&acceptor->rules, &responder->book) != 0)
				log_error("a new configuration can't be used yet: %s", strerror(errno));
			judge(acceptor, request);
		}
		atomic_store(&acceptor->busy, false);
	}
	return NULL;
}

/* Returns 0, or -1 with errno. */
static int
start_acceptor(struct responder *responder)
{
	unsigned n = atomic_load(&responder->acceptors);
	struct acceptor *acceptor = &responder->acceptor[n];
	pthread_attr_t attributes;
	pthread_t thread;

	acceptor->responder = responder;
	guard_init(&acceptor->guard);
	if (rules_follow(&acceptor->rules, &responder->book) != 0)
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

/*
 * Ends what takes too long, and sees to it that slow bodies, however many, leave threads for other webhooks: more are started, and when
 * there are as many as there may be, the body that has been slow for longest is given up.
 */
static void *
look_after(void *argument)
{
	struct responder *responder = argument;

	for (;;) {
		unsigned n = atomic_load(&responder->acceptors), slow = 0;
		struct acceptor *slowest = NULL;
		uint64_t most = 0;

		for (unsigned i = 0; i < n; i++) {
			uint64_t taken = guard_look(&responder->acceptor[i].guard);

			slow += taken >= SLOW_MS;
			if (taken > most) {
				most = taken;
				slowest = &responder->acceptor[i];
			}
		}
		if (slow + responder->threads > n && n < ACCEPTORS_MAX && start_acceptor(responder) == 0)
			continue;
		if (slow + responder->threads > n && slowest != NULL && most >= SLOW_MS)
			guard_expire(&slowest->guard);
		usleep(GUARD_LOOK_MS * 1000);
	}
	return NULL;
}

/* Until everything in hand is answered, but not beyond the deadline. */
static void
finish(struct responder *responder)
{
	uint64_t until = clock_wall_ms() + responder->acceptor[0].rules.conf->deadline_ms + 1000;
	bool busy;

	atomic_store(&responder->stopping, true);
	do {
		busy = submit_parked(responder->submit) > 0;
		for (unsigned i = 0; i < atomic_load(&responder->acceptors); i++)
			busy |= atomic_load(&responder->acceptor[i].busy);
		if (busy)
			usleep(STOP_LOOK_MS * 1000);
	} while (busy && clock_wall_ms() < until);
}

static int
serve_one(struct responder *responder)
{
	struct acceptor acceptor = {0};
	struct request *request = take_request(responder);

	acceptor.responder = responder;
	guard_init(&acceptor.guard);
	if (request == NULL || rules_follow(&acceptor.rules, &responder->book) != 0)
		return EXIT_FAILURE;
	request_accept(request, -1);
	judge(&acceptor, request);
	while (submit_parked(responder->submit) > 0)
		usleep(1000);
	return EXIT_SUCCESS;
}

/* Until a signal comes, whose number is returned. */
static int
watch(struct responder *responder, struct conf_stamps *stamps, const sigset_t *signals)
{
	const struct timespec look = {CHANGE_LOOK_SECONDS, 0};
	int number;

	while ((number = sigtimedwait(signals, NULL, &look)) == -1)
		if (errno == EAGAIN && conf_stamps_changed(stamps))
			reread(stamps, &responder->book, responder->submit);
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
	log_info("ready: %zu sources, %u acceptors", responder->acceptor[0].rules.conf->nsources, responder->threads);
	number = watch(responder, stamps, signals);
	finish(responder);
	log_info("signal %d: stopped", number);
	return EXIT_SUCCESS;
}

int
responder_main(struct conf *conf, struct conf_stamps *stamps, bool cgi)
{
	static struct responder responder;
	const struct submit_owner owner = {give_back, &responder};
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
	if ((responder.submit = submit_new(conf, &owner)) == NULL || rules_book_init(&responder.book, conf) != 0)
		fatal("can't start: %s", strerror(errno));
	return cgi ? serve_one(&responder) : serve(&responder, stamps, &signals);
}
