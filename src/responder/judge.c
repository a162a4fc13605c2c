/*
 * Judging one request: what can be refused cheaply first, then the body, who sent it, what it says.  Never waits for a
 * disk.
 */
#include "judge.h"

#include <stdio.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "../lib/text.h"
#include "../protocol/event.h"
#include "../webhook/webhook.h"
#include "reply.h"
#include "request.h"

#define SHOWN_MAX 200 /* bytes of a path in the log */

/* What a step that refuses is replied with. */
static const enum reply replies[] = {
    [VERDICT_ADDRESS] = REPLY_ADDRESS,
    [VERDICT_HTTPS] = REPLY_HTTPS,
    [VERDICT_METHOD] = REPLY_METHOD,
    [VERDICT_NOT_A_FORM] = REPLY_NOT_A_FORM,
    [VERDICT_NOT_JSON] = REPLY_MEDIA_TYPE,
    [VERDICT_CODING] = REPLY_ENCODING,
    [VERDICT_LONG] = REPLY_TOO_LARGE,
    [VERDICT_EMPTY] = REPLY_EMPTY,
    [VERDICT_SIGNATURE] = REPLY_UNAUTHORIZED,
    [VERDICT_PAYLOAD] = REPLY_INVALID_FIELD,
    [VERDICT_SYNTAX] = REPLY_INVALID_JSON,
    [VERDICT_TOKEN] = REPLY_UNAUTHORIZED,
    [VERDICT_NO_REPLY] = REPLY_INVALID_FIELD,
    [VERDICT_GET] = REPLY_METHOD,
    [VERDICT_FIELD] = REPLY_INVALID_FIELD,
    [VERDICT_NO_MEMORY] = REPLY_INTERNAL,
};

static const char *
param_of(void *request, const char *name)
{
	return request_param(request, name);
}

static void
log_refusal(const struct judge *judge, const struct judge_refusal *refusal)
{
	const struct asked *asked = &judge->asked;
	const char *source = judge->source != NULL ? judge->source->name : CONF_NO_SOURCE,
		   *length = asked->content_length;
	char address[ADDRESS_TEXT_SIZE], bytes[32], path[SHOWN_MAX];

	log_flood(LOG_FLOOD_WARN, source, refusal->reason, "%s: refused from %s: %s (%s%s)",
	    judge->source != NULL ? source : text_visible(path, sizeof path, asked->path, strlen(asked->path)),
	    text_visible(address, sizeof address, asked->address, strlen(asked->address)),
	    refusal->detail != NULL ? refusal->detail : refusal->reason,
	    *length != '\0' ? text_visible(bytes, sizeof bytes, length, strlen(length)) : "no length",
	    *length != '\0' ? " bytes" : "");
}

static enum judged
refuse(const struct judge *judge, struct request *request, const struct judge_refusal *refusal)
{
	log_refusal(judge, refusal);
	reply_send(request, refusal->reply, refusal->selector);
	return JUDGED_DONE;
}

static void
read_body(const struct judge *judge, struct request *request, struct judge_refusal *refusal)
{
	switch (request_read_body(request, judge->asked.content_length, judge->source->max_body)) {
	case REQUEST_BODY_OK:
		return;
	case REQUEST_BODY_LONG:
		*refusal = (struct judge_refusal){replies[VERDICT_LONG], .reason = verdict_step_text(VERDICT_LONG)};
		return;
	case REQUEST_BODY_SHORT:
		*refusal = (struct judge_refusal){REPLY_TRUNCATED, .reason = "body shorter than its length"};
		return;
	case REQUEST_BODY_BAD_LENGTH:
		*refusal = (struct judge_refusal){REPLY_BAD_LENGTH, .reason = "bad content length"};
		return;
	case REQUEST_BODY_NO_MEMORY:
		*refusal = (struct judge_refusal){REPLY_INTERNAL, .reason = "out of memory"};
		return;
	}
}

/* Have the event as REQUEST's record.  Returns 0, or -1: no memory. */
static int
encode(const struct judge *judge, struct request *request)
{
	const struct event *event = &judge->verdict.event;
	size_t size = REQUEST_HEAD_ROOM + event_head_size(event);
	unsigned char *head;

	if (request_head_room(request, size) != 0)
		return -1;
	head = request->head.bytes;
	event_encode_head(event, head + REQUEST_HEAD_ROOM);
	request->head.len = size;
	memcpy(request->source, judge->source->name,
	    strlen(judge->source->name) + 1); /* CONF_NAME_MAX is its bound, too */
	return 0;
}

static enum judged
accept_event(const struct judge *judge, struct request *request)
{
	if (encode(judge, request) == 0)
		return JUDGED_STORE;
	return refuse(judge, request, &(struct judge_refusal){REPLY_INTERNAL, .reason = "out of memory"});
}

/* Authenticated, but invalid: the sender has its reply at once, and the spooler is told what came. */
static enum judged
reject(const struct judge *judge, struct request *request)
{
	const struct verdict *verdict = &judge->verdict;
	char why[EVENT_REASON_MAX + 1];
	bool encoded;

	text_visible(why, sizeof why, verdict->refused.text, strlen(verdict->refused.text));
	log_refusal(judge, &(struct judge_refusal){.reason = verdict_step_text(verdict->step), .detail = why});
	/* Before the reply, which frees the request's variables. */
	encoded = encode(judge, request) == 0;
	reply_send(
	    request, encoded ? replies[verdict->step] : REPLY_INTERNAL, encoded ? verdict->refused.selector : NULL);
	return encoded ? JUDGED_NOTE : JUDGED_DONE;
}

static enum judged
shake_hands(const struct judge *judge, struct request *request)
{
	const struct handshake_reply *reply = &judge->verdict.handshake;

	log_flood(LOG_FLOOD_INFO, judge->source->name, "handshake answered", "%s: answered \"%s\" to %s",
	    judge->source->name, reply->handshake->name, judge->asked.address);
	reply_handshake(request, reply);
	return JUDGED_DONE;
}

static enum judged
refuse_handshake(const struct judge *judge, struct request *request)
{
	const struct handshake_reply *reply = &judge->verdict.handshake;
	enum verdict_step step = judge->verdict.step;
	char why[EVENT_REASON_MAX];

	snprintf(why, sizeof why, "answer \"%.32s\": %s %s", reply->handshake->name,
	    reply->selector != NULL ? reply->selector : "", reply->why);
	return refuse(
	    judge, request, &(struct judge_refusal){replies[step], verdict_step_text(step), why, reply->selector});
}

/* The sender is told nothing of it but whether it is worth another try. */
static enum judged
refuse_signature(const struct judge *judge, struct request *request)
{
	enum signature_result result = judge->verdict.signature;
	enum reply reply = result == SIGNATURE_FAILED ? REPLY_INTERNAL : replies[VERDICT_SIGNATURE];

	return refuse(judge, request, &(struct judge_refusal){reply, .reason = signature_result_text(result)});
}

static enum judged
act(const struct judge *judge, struct request *request)
{
	enum verdict_step step = judge->verdict.step;
	const char *text = verdict_step_text(step);

	log_debug("%s: %s, %zu bytes from %s: %s", judge->source->name, judge->asked.method, request->body.len,
	    judge->asked.address,
	    text != NULL		? text
		: step == VERDICT_EVENT ? "an event"
					: "a handshake");
	switch (step) {
	case VERDICT_EVENT:
		return accept_event(judge, request);
	case VERDICT_PAYLOAD:
	case VERDICT_SYNTAX:
	case VERDICT_FIELD:
		return reject(judge, request);
	case VERDICT_HANDSHAKE:
		return shake_hands(judge, request);
	case VERDICT_NO_REPLY:
		return refuse_handshake(judge, request);
	case VERDICT_SIGNATURE:
		return refuse_signature(judge, request);
	default:
		return refuse(judge, request, &(struct judge_refusal){replies[step], .reason = text});
	}
}

void
judge_receive(struct judge *judge, struct request *request)
{
	const struct conf *conf = judge->rules.conf;

	asked_read(&judge->asked, param_of, request);
	judge->asked.address = address_of(conf, &judge->asked, judge->address);
	judge->source = conf_source_at(conf, judge->asked.path);
	judge->refusal = (struct judge_refusal){REPLY_NOT_FOUND, .reason = "no source at this path"};
	if (judge->source != NULL) {
		enum verdict_step step = verdict_asked(judge->source, &judge->asked);

		judge->refusal = (struct judge_refusal){replies[step], .reason = verdict_step_text(step)};
		if (step == VERDICT_GOES_ON && !asked_is_get(&judge->asked))
			read_body(judge, request, &judge->refusal);
	}
	request_drain(request);
}

/* Whether a webhook could be accepted now: the spooler says. */
static enum judged
judge_health(const struct judge *judge, struct request *request)
{
	if (!asked_is_get(&judge->asked) && strcmp(judge->asked.method, "HEAD") != 0) {
		reply_send(request, REPLY_METHOD_GET, NULL);
		return JUDGED_DONE;
	}
	request->source[0] = '\0';
	request->body.len = 0;
	request->head.len = REQUEST_HEAD_ROOM;
	if (request_head_room(request, REQUEST_HEAD_ROOM) == 0)
		return JUDGED_ASK;
	reply_send(request, REPLY_BUSY, NULL);
	return JUDGED_DONE;
}

static enum judged
judge_webhook(struct judge *judge, struct request *request)
{
	const struct webhook webhook = {.asked = &judge->asked,
	    .body = request->body.len > 0 ? request->body.bytes : "",
	    .body_len = request->body.len,
	    .now_ms = clock_wall_ms()};

	verdict_reach(judge->rules.verdicts[judge->source - judge->rules.conf->sources], &webhook, &judge->verdict);
	return act(judge, request);
}

enum judged
judge_decide(struct judge *judge, struct request *request, bool late)
{
	const char *health_path = judge->rules.conf->health_path;

	if (late)
		judge->refusal = (struct judge_refusal){REPLY_SLOW, .reason = "body not here within read-deadline"};
	else if (health_path != NULL && strcmp(judge->asked.path, health_path) == 0)
		return judge_health(judge, request);
	if (judge->refusal.reason != NULL)
		return refuse(judge, request, &judge->refusal);
	return judge_webhook(judge, request);
}
