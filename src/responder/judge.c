/*
 * Judging one request: what can be refused cheaply first, then the body, who sent it, what it says.  Never waits for a disk.
 */
#include "judge.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "../lib/media.h"
#include "../protocol/event.h"
#include "../webhook/asked.h"
#include "../webhook/signature.h"
#include "../webhook/validate.h"
#include "handover.h"
#include "reply.h"
#include "request.h"

#define SHOWN_MAX 200 /* bytes of a path in the log */

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

/* What is logged of a refusal. */
struct refusal {
	const char *source; /* CONF_NO_SOURCE: none */
	const char *path;   /* which was asked for, then */
	const char *reason; /* one of ours */
	const char *detail; /* in the reason's place, or NULL */
};

static void
log_refusal(const struct judge *judge, const struct request *request, const struct refusal *refusal)
{
	const char *length = request_param(request, "CONTENT_LENGTH");
	bool has_length = length != NULL && length[0] != '\0';
	char address[ADDRESS_TEXT_SIZE], bytes[32];

	log_flood(LOG_FLOOD_WARN, refusal->source, refusal->reason, "%s: refused from %s: %s (%s%s)",
	    refusal->path != NULL ? refusal->path : refusal->source,
	    log_visible(address, sizeof address, judge->address, strlen(judge->address)),
	    refusal->detail != NULL ? refusal->detail : refusal->reason,
	    has_length ? log_visible(bytes, sizeof bytes, length, strlen(length)) : "no length",
	    has_length ? " bytes" : "");
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
refuse_cheaply(const struct judge *judge, const struct source *source, const struct request *request, enum reply *reply)
{
	const char *coding = or_empty(request_param(request, "HTTP_CONTENT_ENCODING"));
	const char *type = or_empty(request_param(request, "CONTENT_TYPE"));

	if (!address_allowed(source, judge->address)) {
		*reply = REPLY_ADDRESS;
		return "address not allowed";
	}
	if (source->require_https && !asked_https(param_of, (void *)(uintptr_t)request)) {
		*reply = REPLY_HTTPS;
		return "not over HTTPS";
	}
	if (is_get(request) && has_get(source))
		return NULL;
	if (strcmp(or_empty(request_param(request, "REQUEST_METHOD")), "POST") != 0) {
		*reply = REPLY_METHOD;
		return "method is not POST";
	}
	if (!conf_takes(source, type, strlen(type))) {
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
hand_over(struct judge *judge, struct request *request, const struct event *event, bool waits)
{
	snprintf(request->source, sizeof request->source, "%s", event->text[EVENT_SOURCE]);
	if (encode(request, event) == 0 && handover_park(judge->handover, request, waits) == 0)
		return;
	log_flood(LOG_FLOOD_ERROR, event->text[EVENT_SOURCE], "too many in hand", "%s: too many webhooks in hand",
	    event->text[EVENT_SOURCE]);
	if (waits)
		reply_send(request, REPLY_BUSY, NULL);
	judge->done(judge->context, request);
}

static void
reject(struct judge *judge, struct request *request, struct event *event, enum validate_result result,
    const char *selector)
{
	char why[EVENT_REASON_MAX + 1];

	log_visible(why, sizeof why, event->text[EVENT_REASON], event->len[EVENT_REASON]);
	log_refusal(judge, request,
	    &(struct refusal){.source = event->text[EVENT_SOURCE],
		.reason = result == VALIDATE_JSON ? "not JSON" : "a field is not as declared",
		.detail = why});
	event->kind = EVENT_REJECTED;
	event->nenv = 0;
	/* Encoded before the answer, which frees the request's variables. */
	if (encode(request, event) != 0) {
		reply_send(request, REPLY_INTERNAL, NULL);
		judge->done(judge->context, request);
		return;
	}
	reply_send(request, result == VALIDATE_JSON ? REPLY_INVALID_JSON : REPLY_INVALID_FIELD, selector);
	snprintf(request->source, sizeof request->source, "%s", event->text[EVENT_SOURCE]);
	if (handover_park(judge->handover, request, false) != 0)
		judge->done(judge->context, request);
}

static void
begin_event(struct judge *judge, const struct source *source, const struct request *request, struct event *event)
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
	set_text(event, EVENT_ADDRESS, judge->address, ADDRESS_TEXT_SIZE);
	set_text(event, EVENT_CONTENT_TYPE, or_empty(request_param(request, "CONTENT_TYPE")), 256);
}

/* Answers a handshake.  Returns false: it is none. */
static bool
shake_hands(
    struct judge *judge, struct request *request, const struct source *source, struct select *select, size_t secret)
{
	size_t index = (size_t)(source - judge->rules.conf->sources);
	struct handshake_answer *answer = &judge->answer;
	char why[EVENT_REASON_MAX];

	switch (handshake_find(source, is_get(request), select, judge->rules.signers[index], secret, answer)) {
	case HANDSHAKE_NONE:
		return false;
	case HANDSHAKE_ANSWER:
		log_flood(LOG_FLOOD_INFO, source->name, "handshake answered", "%s: answered \"%s\" to %s", source->name,
		    answer->handshake->name, judge->address);
		reply_handshake(request, answer);
		break;
	case HANDSHAKE_UNAUTHORIZED:
		log_refusal(judge, request,
		    &(struct refusal){source->name, .reason = "token of the handshake missing or wrong"});
		reply_send(request, REPLY_UNAUTHORIZED, NULL);
		break;
	case HANDSHAKE_INVALID:
		snprintf(why, sizeof why, "answer \"%.32s\": %s %s", answer->handshake->name,
		    or_empty(answer->selector), answer->why);
		log_refusal(judge, request,
		    &(struct refusal){source->name, .reason = "handshake can't be answered", .detail = why});
		reply_send(request, REPLY_INVALID_FIELD, answer->selector);
		break;
	}
	judge->done(judge->context, request);
	return true;
}

/* An authenticated POST. */
static void
judge_event(struct judge *judge, struct request *request, const struct source *source, size_t secret)
{
	struct validator *validator = judge->rules.validators[source - judge->rules.conf->sources];
	const struct validate_input input = {request->body, request->body_len, param_of, request};
	struct select *select = validate_begin(validator, &input);
	struct event event;
	enum validate_result result;
	const char *selector;

	begin_event(judge, source, request, &event);
	event.secret = (unsigned)secret;
	result = validate_parse(validator, &event, &selector);
	if (result == VALIDATE_OK && shake_hands(judge, request, source, select, secret))
		return;
	if (result == VALIDATE_OK)
		result = validate_event(validator, &event, &selector);
	if (result == VALIDATE_OK) {
		hand_over(judge, request, &event, true);
	} else if (result == VALIDATE_NO_MEMORY) {
		reply_send(request, REPLY_INTERNAL, NULL);
		judge->done(judge->context, request);
	} else {
		reject(judge, request, &event, result, selector);
	}
}

/* A GET, which nobody signs, where the source has answers to some. */
static void
judge_get(struct judge *judge, struct request *request, const struct source *source)
{
	const struct validate_input input = {"", 0, param_of, request};
	struct select *select = validate_begin(judge->rules.validators[source - judge->rules.conf->sources], &input);

	if (shake_hands(judge, request, source, select, 0))
		return;
	log_refusal(judge, request,
	    &(struct refusal){source->name, .reason = "method is not POST, and no answer is for this GET"});
	reply_send(request, REPLY_METHOD, NULL);
	judge->done(judge->context, request);
}

static const char *
authenticate(
    struct judge *judge, struct request *request, const struct source *source, enum reply *reply, size_t *secret)
{
	const struct signature_input input = {
	    request->body, request->body_len, "POST", clock_wall_ms(), param_of, request};
	size_t index = (size_t)(source - judge->rules.conf->sources);
	enum signature_result result = signature_check(judge->rules.signers[index], &input, secret);

	*reply = result == SIGNATURE_FAILED ? REPLY_INTERNAL : REPLY_UNAUTHORIZED;
	return result == SIGNATURE_OK ? NULL : signature_result_text(result);
}

/* Why the request is refused before its signature is looked at, or NULL.  Its body has been read then, whether or not it was wanted. */
static const char *
receive(struct judge *judge, struct request *request, const struct source *source, enum reply *reply)
{
	const char *why = "no source at this path";

	*reply = REPLY_NOT_FOUND;
	if (source != NULL && (why = refuse_cheaply(judge, source, request, reply)) == NULL && !is_get(request))
		why = read_body(source, request, reply);
	request_drain(request);
	if (!guard_end(&judge->guard) && !request_late(request))
		return why;
	*reply = REPLY_SLOW;
	return "body not here within read-deadline";
}

/* Whether a webhook could be accepted now; the spooler answers. */
static void
judge_health(struct judge *judge, struct request *request)
{
	const char *method = or_empty(request_param(request, "REQUEST_METHOD"));
	enum reply reply = REPLY_METHOD_GET;

	if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) {
		reply = REPLY_BUSY;
		request->source[0] = '\0';
		request->body_len = 0;
		request->head_len = REQUEST_HEAD_ROOM;
		if (request_head_room(request, REQUEST_HEAD_ROOM) == 0 && handover_ask(judge->handover, request) == 0)
			return;
	}
	reply_send(request, reply, NULL);
	judge->done(judge->context, request);
}

void
judge_request(struct judge *judge, struct request *request)
{
	const struct conf *conf = judge->rules.conf;
	struct refusal refusal = {.source = CONF_NO_SOURCE};
	char path[ASKED_PATH_SIZE], visible[SHOWN_MAX];
	const struct source *source = conf_source_at(conf, asked_path(param_of, request, path));
	enum reply reply;
	size_t secret;

	address_of(conf, param_of, request, judge->address);
	refusal.reason = receive(judge, request, source, &reply);
	if (conf->health_path != NULL && strcmp(path, conf->health_path) == 0 && reply != REPLY_SLOW) {
		judge_health(judge, request);
		return;
	}
	if (refusal.reason == NULL && is_get(request)) {
		judge_get(judge, request, source);
		return;
	}
	if (refusal.reason == NULL &&
	    (refusal.reason = authenticate(judge, request, source, &reply, &secret)) == NULL) {
		judge_event(judge, request, source, secret);
		return;
	}
	if (source != NULL)
		refusal.source = source->name;
	else
		refusal.path = log_visible(visible, sizeof visible, path, strlen(path));
	log_refusal(judge, request, &refusal);
	reply_send(request, reply, NULL);
	judge->done(judge->context, request);
}
