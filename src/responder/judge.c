/*
 * Judging one request: what can be refused cheaply first, then the body, who sent it, what it says.  Never waits for a disk.
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
#include "handover.h"
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

struct refusal {
	enum reply reply;
	const char *reason;   /* one of ours; NULL: it is not refused */
	const char *detail;   /* logged in the reason's place, or NULL */
	const char *selector; /* for the sender, or NULL */
};

static const char *
param_of(void *request, const char *name)
{
	return request_param(request, name);
}

static void
end(const struct judge *judge, struct request *request)
{
	judge->done(judge->context, request);
}

static void
log_refusal(const struct judge *judge, const struct refusal *refusal)
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

static void
refuse(const struct judge *judge, struct request *request, const struct refusal *refusal)
{
	log_refusal(judge, refusal);
	reply_send(request, refusal->reply, refusal->selector);
	end(judge, request);
}

static void
read_body(const struct judge *judge, struct request *request, struct refusal *refusal)
{
	switch (request_read_body(request, judge->asked.content_length, judge->source->max_body)) {
	case REQUEST_BODY_OK:
		return;
	case REQUEST_BODY_LONG:
		*refusal = (struct refusal){replies[VERDICT_LONG], .reason = verdict_step_text(VERDICT_LONG)};
		return;
	case REQUEST_BODY_SHORT:
		*refusal = (struct refusal){REPLY_TRUNCATED, .reason = "body shorter than its length"};
		return;
	case REQUEST_BODY_BAD_LENGTH:
		*refusal = (struct refusal){REPLY_BAD_LENGTH, .reason = "bad content length"};
		return;
	case REQUEST_BODY_NO_MEMORY:
		*refusal = (struct refusal){REPLY_INTERNAL, .reason = "out of memory"};
		return;
	}
}

static int
encode(struct request *request, const struct event *event)
{
	size_t size = REQUEST_HEAD_ROOM + event_head_size(event);
	unsigned char *head;

	if (request_head_room(request, size) != 0)
		return -1;
	head = request->head.bytes;
	event_encode_head(event, head + REQUEST_HEAD_ROOM);
	request->head.len = size;
	return 0;
}

/* Park REQUEST with the event as its record.  Returns 0, or -1: it is still ours. */
static int
park(struct judge *judge, struct request *request, bool waits)
{
	snprintf(request->source, sizeof request->source, "%s", judge->source->name);
	return handover_park(judge->handover, request, waits);
}

/* Hand over, or say that it can't be done now. */
static void
hand_over(struct judge *judge, struct request *request)
{
	const char *source = judge->source->name;

	if (encode(request, &judge->verdict.event) == 0 && park(judge, request, true) == 0)
		return;
	log_flood(LOG_FLOOD_ERROR, source, "too many in hand", "%s: too many webhooks in hand", source);
	reply_send(request, REPLY_BUSY, NULL);
	end(judge, request);
}

/* Authenticated, but invalid: the sender has its reply at once, and the spooler what came. */
static void
reject(struct judge *judge, struct request *request)
{
	const struct verdict *verdict = &judge->verdict;
	char why[EVENT_REASON_MAX + 1];
	enum reply reply = replies[verdict->step];

	text_visible(why, sizeof why, verdict->refused.text, strlen(verdict->refused.text));
	log_refusal(judge, &(struct refusal){.reason = verdict_step_text(verdict->step), .detail = why});
	/* Encoded before the reply, which frees the request's variables. */
	if (encode(request, &verdict->event) != 0) {
		reply_send(request, REPLY_INTERNAL, NULL);
		end(judge, request);
		return;
	}
	reply_send(request, reply, verdict->refused.selector);
	if (park(judge, request, false) != 0)
		end(judge, request);
}

static void
shake_hands(const struct judge *judge, struct request *request)
{
	const struct handshake_reply *reply = &judge->verdict.handshake;

	log_flood(LOG_FLOOD_INFO, judge->source->name, "handshake answered", "%s: answered \"%s\" to %s",
	    judge->source->name, reply->handshake->name, judge->asked.address);
	reply_handshake(request, reply);
	end(judge, request);
}

static void
refuse_handshake(const struct judge *judge, struct request *request)
{
	const struct handshake_reply *reply = &judge->verdict.handshake;
	enum verdict_step step = judge->verdict.step;
	char why[EVENT_REASON_MAX];

	snprintf(why, sizeof why, "answer \"%.32s\": %s %s", reply->handshake->name,
	    reply->selector != NULL ? reply->selector : "", reply->why);
	refuse(judge, request, &(struct refusal){replies[step], verdict_step_text(step), why, reply->selector});
}

/* The sender is told nothing of it but whether it is worth another try. */
static void
refuse_signature(const struct judge *judge, struct request *request)
{
	enum signature_result result = judge->verdict.signature;
	enum reply reply = result == SIGNATURE_FAILED ? REPLY_INTERNAL : replies[VERDICT_SIGNATURE];

	refuse(judge, request, &(struct refusal){reply, .reason = signature_result_text(result)});
}

static void
act(struct judge *judge, struct request *request)
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
		hand_over(judge, request);
		break;
	case VERDICT_PAYLOAD:
	case VERDICT_SYNTAX:
	case VERDICT_FIELD:
		reject(judge, request);
		break;
	case VERDICT_HANDSHAKE:
		shake_hands(judge, request);
		break;
	case VERDICT_NO_REPLY:
		refuse_handshake(judge, request);
		break;
	case VERDICT_SIGNATURE:
		refuse_signature(judge, request);
		break;
	default:
		refuse(judge, request, &(struct refusal){replies[step], .reason = text});
	}
}

/* Why the request is refused before its body is looked at.  It has been read then, whether or not it was wanted. */
static struct refusal
receive(struct judge *judge, struct request *request)
{
	struct refusal refusal = {REPLY_NOT_FOUND, .reason = "no source at this path"};

	if (judge->source != NULL) {
		enum verdict_step step = verdict_asked(judge->source, &judge->asked);

		refusal = (struct refusal){replies[step], .reason = verdict_step_text(step)};
		if (step == VERDICT_GOES_ON && !asked_is_get(&judge->asked))
			read_body(judge, request, &refusal);
	}
	request_drain(request);
	if (read_limit_end(&judge->read_limit) || request_late(request))
		refusal = (struct refusal){REPLY_SLOW, .reason = "body not here within read-deadline"};
	return refusal;
}

/* Whether a webhook could be accepted now: the spooler says. */
static void
judge_health(struct judge *judge, struct request *request)
{
	enum reply reply = REPLY_METHOD_GET;

	if (asked_is_get(&judge->asked) || strcmp(judge->asked.method, "HEAD") == 0) {
		reply = REPLY_BUSY;
		request->source[0] = '\0';
		request->body.len = 0;
		request->head.len = REQUEST_HEAD_ROOM;
		if (request_head_room(request, REQUEST_HEAD_ROOM) == 0 && handover_ask(judge->handover, request) == 0)
			return;
	}
	reply_send(request, reply, NULL);
	end(judge, request);
}

static void
judge_webhook(struct judge *judge, struct request *request)
{
	const struct webhook webhook = {.asked = &judge->asked,
	    .body = request->body.len > 0 ? request->body.bytes : "",
	    .body_len = request->body.len,
	    .now_ms = clock_wall_ms()};

	verdict_reach(judge->rules.verdicts[judge->source - judge->rules.conf->sources], &webhook, &judge->verdict);
	act(judge, request);
}

void
judge_request(struct judge *judge, struct request *request)
{
	const struct conf *conf = judge->rules.conf;
	struct refusal refusal;

	asked_read(&judge->asked, param_of, request);
	judge->asked.address = address_of(conf, &judge->asked, judge->address);
	judge->source = conf_source_at(conf, judge->asked.path);
	refusal = receive(judge, request);
	if (conf->health_path != NULL && strcmp(judge->asked.path, conf->health_path) == 0 &&
	    refusal.reply != REPLY_SLOW)
		judge_health(judge, request);
	else if (refusal.reason != NULL)
		refuse(judge, request, &refusal);
	else
		judge_webhook(judge, request);
}
