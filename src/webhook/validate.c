/*
 * Validation.  Every selector of the body has a place in the source's plan; values keep their text, so that numbers are compared and
 * remembered as they were written.
 */
#include "validate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/json.h"
#include "../lib/text.h"
#include "asked.h"
#include "field.h"
#include "payload.h"
#include "select.h"
#include "webhook.h"

#define KEPT_MAX (64u << 10) /* a buffer larger than this is given back after the webhook */

/* What is of one webhook. */
struct parsed {
	const struct validator *validator;
	struct select select;
	struct json_value values[JSON_PLAN_MAX];
	/* The event's texts. */
	char type[EVENT_TYPE_MAX + 1], id[EVENT_ID_PARTS_MAX * (EVENT_ID_MAX + 1) + 1], key[EVENT_KEY_MAX],
	    lane[EVENT_ID_MAX + 1];
	char guard[EVENT_GUARD_MAX];
	char (*env)[EVENT_VALUE_MAX + 1];
};

struct validator {
	const struct source *source;
	struct json_plan *plan;
	struct json_scratch *scratch;
	struct field_rule *fields[CONF_FIELDS_MAX];
	char *payload; /* of a form's field, decoded */
	size_t payload_size;
	struct parsed parsed;
};

static int
prepare(struct validator *v)
{
	const struct source *source = v->source;
	const struct json_pointer *pointers[JSON_PLAN_MAX] = {NULL};

	for (size_t i = 0; i < source->nplan; i++)
		pointers[i] = &source->plan[i]->pointer;
	v->plan = json_plan_new(pointers, source->nplan, source->max_depth);
	v->scratch = json_scratch_new();
	v->parsed.env = calloc(source->nenv + 1, sizeof v->parsed.env[0]);
	if (v->plan == NULL || v->scratch == NULL || v->parsed.env == NULL)
		return -1;
	for (size_t i = 0; i < source->nfields; i++)
		if ((v->fields[i] = field_rule_new(&source->fields[i])) == NULL)
			return -1;
	return 0;
}

struct validator *
validator_new(const struct source *source)
{
	struct validator *v = calloc(1, sizeof *v);

	if (v == NULL)
		return NULL;
	v->source = source;
	v->parsed.validator = v;
	if (prepare(v) == 0)
		return v;
	validator_free(v);
	return NULL;
}

void
validator_free(struct validator *v)
{
	if (v == NULL)
		return;
	json_plan_free(v->plan);
	json_scratch_free(v->scratch);
	for (size_t i = 0; i < CONF_FIELDS_MAX; i++)
		field_rule_free(v->fields[i]);
	free(v->payload);
	free(v->parsed.env);
	free(v);
}

static enum validate_result
refuse(struct refused *refused, const char *selector, const char *why)
{
	refused->selector = selector;
	snprintf(refused->text, sizeof refused->text, "%s %s", selector, why);
	return VALIDATE_FIELD;
}

static struct parsed *
begin(struct validator *v, const struct webhook *webhook)
{
	const char *type = webhook->asked->content_type;

	v->parsed.select =
	    (struct select){.webhook = webhook, .is_form = payload_is_form(v->source, type, strlen(type))};
	return &v->parsed;
}

struct parsed *
validate_get(struct validator *v, const struct webhook *webhook)
{
	return begin(v, webhook);
}

struct select *
validate_select(struct parsed *parsed)
{
	return &parsed->select;
}

/* The JSON in a form's field.  Returns NULL, or what is wrong with it. */
static const char *
take_payload(struct validator *v, const struct webhook *webhook, const char **json, size_t *len)
{
	size_t size = webhook->body_len + 1;
	enum form_result result;

	if (v->payload_size < size || v->payload_size > KEPT_MAX) {
		free(v->payload);
		v->payload = malloc(size);
		v->payload_size = v->payload != NULL ? size : 0;
		if (v->payload == NULL)
			return "is too long";
	}
	result = payload_decode(v->source, webhook->body, webhook->body_len, v->payload, len);
	*json = v->payload;
	return result == FORM_ABSENT ? "is missing" : form_result_text(result);
}

static enum validate_result
refuse_payload(const struct source *source, struct refused *refused, const char *why)
{
	refused->selector = "form";
	snprintf(refused->text, sizeof refused->text, "the form's field '%.32s' %s", source->payload_field, why);
	return VALIDATE_FIELD;
}

static enum validate_result
parse(struct validator *v, const char *json, size_t len, struct refused *refused)
{
	size_t offset;
	enum json_result result = json_scan(v->plan, v->scratch, json, len, v->parsed.values, &offset);

	if (result == JSON_NO_MEMORY)
		return VALIDATE_NO_MEMORY;
	if (result != JSON_OK) {
		refused->selector = NULL;
		snprintf(refused->text, sizeof refused->text, "%s at byte %zu", json_result_text(result), offset);
		return VALIDATE_JSON;
	}
	v->parsed.select.values = v->parsed.values;
	return VALIDATE_OK;
}

enum validate_result
validate_parse(struct validator *v, const struct webhook *webhook, struct parsed **parsed, struct refused *refused)
{
	const char *type = webhook->asked->content_type, *json = webhook->body, *why;
	size_t len = webhook->body_len;
	enum validate_result result = VALIDATE_OK;

	begin(v, webhook);
	*parsed = NULL;
	if (payload_in_field(v->source, type, strlen(type)) && (why = take_payload(v, webhook, &json, &len)) != NULL)
		return refuse_payload(v->source, refused, why);
	if (v->source->payload != PAYLOAD_FORM)
		result = parse(v, json, len, refused);
	if (result == VALIDATE_OK)
		*parsed = &v->parsed;
	return result;
}

static const char *
take_type(struct parsed *p, struct event *event)
{
	struct selected text;
	const char *why = select_text(&p->select, p->validator->source->event, p->type, sizeof p->type, &text);

	if (why != NULL)
		return why;
	if (text.absent || text.len == 0)
		return "is missing: it is the event type";
	if (!text_printable(p->type, text.len))
		return "has control characters";
	event->text[EVENT_TYPE] = p->type;
	event->len[EVENT_TYPE] = (uint32_t)text.len;
	return NULL;
}

/* One part of the id, behind those before it. */
static const char *
take_id_part(struct parsed *p, struct event *event, size_t i)
{
	char part[EVENT_ID_MAX + 1];
	struct selected text;
	size_t key_len = event->len[EVENT_KEY], id_len = event->len[EVENT_ID];
	const char *why = select_text(&p->select, p->validator->source->ids[i], part, sizeof part, &text);

	if (why != NULL)
		return why;
	if (text.absent || text.len == 0)
		return "is missing: it is part of the id";
	if (event_key_add(p->key, sizeof p->key, &key_len, text.origin, part, text.len) != 0)
		return "is too long";
	if (id_len > 0)
		p->id[id_len++] = ' ';
	memcpy(p->id + id_len, part, text.len);
	event->text[EVENT_KEY] = p->key;
	event->len[EVENT_KEY] = (uint32_t)key_len;
	event->text[EVENT_ID] = p->id;
	event->len[EVENT_ID] = (uint32_t)(id_len + text.len);
	return NULL;
}

/* A second key, of the body alone. */
static enum validate_result
take_guard(struct parsed *p, struct event *event)
{
	const char *digest = select_digest(&p->select);
	size_t len = 0;

	if (digest == NULL ||
	    event_key_add(p->guard, sizeof p->guard, &len, EVENT_GUARD_ORIGIN, digest, strlen(digest)) != 0)
		return VALIDATE_NO_MEMORY;
	event->text[EVENT_GUARD] = p->guard;
	event->len[EVENT_GUARD] = (uint32_t)len;
	return VALIDATE_OK;
}

static const char *
take_lane(struct parsed *p, struct event *event)
{
	struct selected text;
	const char *why = select_text(&p->select, p->validator->source->lane, p->lane, sizeof p->lane, &text);

	event->text[EVENT_LANE] = p->lane;
	event->len[EVENT_LANE] = (uint32_t)(why == NULL ? text.len : 0);
	return why;
}

/* Scalars as their text; objects and arrays as the bytes they were sent as; null and what is absent: no variable. */
static const char *
take_variable(struct parsed *p, struct event *event, size_t i)
{
	const struct env_map *map = &p->validator->source->env[i];
	const struct json_value *value =
	    map->selector->kind == SELECTOR_BODY && p->select.values != NULL ? &p->values[map->selector->place] : NULL;
	char *out = p->env[i];
	struct selected text;
	const char *why;

	if (value != NULL && value->type == JSON_NULL)
		return NULL;
	if (value != NULL && (value->type == JSON_OBJECT || value->type == JSON_ARRAY)) {
		if (value->len > EVENT_VALUE_MAX)
			return "is too long for a variable";
		text = (struct selected){.len = value->len};
		memcpy(out, value->bytes, value->len);
	} else if ((why = select_text(&p->select, map->selector, out, EVENT_VALUE_MAX + 1, &text)) != NULL) {
		return why;
	}
	if (!text.absent)
		event->env[event->nenv++] =
		    (struct event_variable){map->name, out, (uint32_t)strlen(map->name), (uint32_t)text.len};
	return NULL;
}

enum validate_result
validate_event(struct parsed *p, struct event *event, struct refused *refused)
{
	const struct source *source = p->validator->source;
	const char *why;

#define CHECK(result, what)           \
	if ((why = (result)) != NULL) \
		return refuse(refused, (what)->text, why);
	CHECK(take_type(p, event), source->event)
	for (size_t i = 0; i < source->nfields; i++)
		if (field_applies(&source->fields[i], p->type))
			CHECK(field_check(p->validator->fields[i], &p->values[source->fields[i].selector->place]),
			    source->fields[i].selector)
	for (size_t i = 0; i < source->nids; i++)
		CHECK(take_id_part(p, event, i), source->ids[i])
	if (source->lane != NULL)
		CHECK(take_lane(p, event), source->lane)
	for (size_t i = 0; i < source->nenv; i++)
		CHECK(take_variable(p, event, i), source->env[i].selector)
#undef CHECK
	return source->replay_guard ? take_guard(p, event) : VALIDATE_OK;
}
