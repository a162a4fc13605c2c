/* What is cheap comes first; nothing here waits, allocates or copies a body. */
#include "verdict.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../conf/conf.h"
#include "address.h"
#include "asked.h"
#include "webhook.h"

struct verdict_rules *
verdict_rules_new(const struct source *source)
{
	struct verdict_rules *rules = calloc(1, sizeof *rules);

	if (rules == NULL)
		return NULL;
	rules->source = source;
	if ((rules->signer = signer_new(source)) != NULL && (rules->validator = validator_new(source)) != NULL)
		return rules;
	verdict_rules_free(rules);
	return NULL;
}

void
verdict_rules_free(struct verdict_rules *rules)
{
	if (rules == NULL)
		return;
	signer_free(rules->signer);
	validator_free(rules->validator);
	free(rules);
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

/* Judged is what the event is to keep, so that the spooler judges the same. */
static bool
takes(const struct source *source, const char *type)
{
	return conf_takes(source, type, strnlen(type, EVENT_CONTENT_TYPE_MAX));
}

enum verdict_step
verdict_asked(const struct source *source, const struct asked *asked)
{
	if (asked->address != NULL && !address_allowed(source, asked->address))
		return VERDICT_ADDRESS;
	if (source->require_https && !asked->https)
		return VERDICT_HTTPS;
	if (asked_is_get(asked) && has_get(source))
		return VERDICT_GOES_ON;
	if (!asked_is_post(asked))
		return VERDICT_METHOD;
	if (!takes(source, asked->content_type))
		return source->payload == PAYLOAD_FORM ? VERDICT_NOT_A_FORM : VERDICT_NOT_JSON;
	return *asked->coding != '\0' && strcasecmp(asked->coding, "identity") != 0 ? VERDICT_CODING : VERDICT_GOES_ON;
}

enum verdict_step
verdict_body(const struct source *source, const struct webhook *webhook)
{
	if (webhook->body_len > source->max_body)
		return VERDICT_LONG;
	return webhook->body_len == 0 ? VERDICT_EMPTY : VERDICT_GOES_ON;
}

void
verdict_signature(struct verdict_rules *rules, const struct webhook *webhook, struct verdict *verdict)
{
	verdict->signature = signature_check(rules->signer, webhook, &verdict->secret);
	verdict->step = verdict->signature == SIGNATURE_OK ? VERDICT_GOES_ON : VERDICT_SIGNATURE;
}

static enum verdict_step
shake_hands(const struct handshake_rules *by, struct parsed *parsed, struct handshake_reply *reply)
{
	switch (handshake_find(by, parsed, reply)) {
	case HANDSHAKE_REPLY:
		return VERDICT_HANDSHAKE;
	case HANDSHAKE_UNAUTHORIZED:
		return VERDICT_TOKEN;
	case HANDSHAKE_INVALID:
		return VERDICT_NO_REPLY;
	case HANDSHAKE_NONE:
		break;
	}
	return VERDICT_GOES_ON;
}

void
verdict_get(struct verdict_rules *rules, const struct webhook *webhook, struct verdict *verdict)
{
	const struct handshake_rules by = {.source = rules->source, .signer = rules->signer, .get = true};

	verdict->step = shake_hands(&by, validate_get(rules->validator, webhook), &verdict->handshake);
	if (verdict->step == VERDICT_GOES_ON)
		verdict->step = VERDICT_GET;
}

static void
set_text(struct event *event, enum event_text which, const char *text, size_t max)
{
	size_t len = strlen(text);

	event->text[which] = text;
	event->len[which] = (uint32_t)(len < max ? len : max);
}

static void
begin_event(struct event *event, const struct source *source, const struct webhook *webhook, size_t secret)
{
	const struct asked *asked = webhook->asked;

	memset(event, 0, offsetof(struct event, env));
	event->nenv = 0;
	event->kind = EVENT_ACCEPTED;
	event->secret = (unsigned)secret;
	event->received_ms = webhook->now_ms;
	event->body = webhook->body;
	event->body_len = webhook->body_len;
	for (int i = 0; i < EVENT_TEXTS; i++)
		event->text[i] = "";
	set_text(event, EVENT_SOURCE, source->name, EVENT_SOURCE_MAX);
	set_text(event, EVENT_ADDRESS, asked->address != NULL ? asked->address : "", EVENT_ADDRESS_MAX);
	set_text(event, EVENT_CONTENT_TYPE, asked->content_type, EVENT_CONTENT_TYPE_MAX);
}

/* FIELD: the step at which a value can be refused. */
static enum verdict_step
step_of(enum validate_result result, enum verdict_step field)
{
	switch (result) {
	case VALIDATE_JSON:
		return VERDICT_SYNTAX;
	case VALIDATE_FIELD:
		return field;
	case VALIDATE_NO_MEMORY:
		return VERDICT_NO_MEMORY;
	case VALIDATE_OK:
		break;
	}
	return VERDICT_GOES_ON;
}

static enum verdict_step
take_content(struct verdict_rules *rules, const struct webhook *webhook, struct verdict *verdict)
{
	const struct handshake_rules by = {rules->source, rules->signer, verdict->secret, false};
	struct parsed *parsed;
	enum verdict_step step =
	    step_of(validate_parse(rules->validator, webhook, &parsed, &verdict->refused), VERDICT_PAYLOAD);

	if (step != VERDICT_GOES_ON || (step = shake_hands(&by, parsed, &verdict->handshake)) != VERDICT_GOES_ON)
		return step;
	step = step_of(validate_event(parsed, &verdict->event, &verdict->refused), VERDICT_FIELD);
	return step == VERDICT_GOES_ON ? VERDICT_EVENT : step;
}

void
verdict_content(struct verdict_rules *rules, const struct webhook *webhook, struct verdict *verdict)
{
	struct event *event = &verdict->event;

	begin_event(event, rules->source, webhook, verdict->secret);
	verdict->step = take_content(rules, webhook, verdict);
	if (verdict->step != VERDICT_PAYLOAD && verdict->step != VERDICT_SYNTAX && verdict->step != VERDICT_FIELD)
		return;
	event->kind = EVENT_REJECTED;
	event->nenv = 0;
	set_text(event, EVENT_REASON, verdict->refused.text, EVENT_REASON_MAX);
}

void
verdict_reach(struct verdict_rules *rules, const struct webhook *webhook, struct verdict *verdict)
{
	if (asked_is_get(webhook->asked)) {
		verdict_get(rules, webhook, verdict);
		return;
	}
	if ((verdict->step = verdict_body(rules->source, webhook)) == VERDICT_GOES_ON)
		verdict_signature(rules, webhook, verdict);
	if (verdict->step == VERDICT_GOES_ON)
		verdict_content(rules, webhook, verdict);
}

const char *
verdict_step_text(enum verdict_step step)
{
	static const char *const texts[] = {
	    [VERDICT_ADDRESS] = "address not allowed",
	    [VERDICT_HTTPS] = "not over HTTPS",
	    [VERDICT_METHOD] = "method is not POST",
	    [VERDICT_NOT_A_FORM] = "content type is not that of a form",
	    [VERDICT_NOT_JSON] = "content type is not JSON",
	    [VERDICT_CODING] = "content coding",
	    [VERDICT_LONG] = "longer than max-body",
	    [VERDICT_EMPTY] = "empty body",
	    [VERDICT_SIGNATURE] = "signature not valid",
	    [VERDICT_PAYLOAD] = "a field is not as declared",
	    [VERDICT_SYNTAX] = "not JSON",
	    [VERDICT_TOKEN] = "token of the handshake missing or wrong",
	    [VERDICT_NO_REPLY] = "handshake can't be answered",
	    [VERDICT_GET] = "method is not POST, and no answer is for this GET",
	    [VERDICT_FIELD] = "a field is not as declared",
	    [VERDICT_NO_MEMORY] = "out of memory",
	};

	return step < sizeof texts / sizeof texts[0] ? texts[step] : NULL;
}
