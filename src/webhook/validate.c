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
#include "../lib/form.h"
#include "../lib/json.h"
#include "../lib/media.h"
#include "../lib/text.h"
#include "field.h"

#define KEPT_MAX (64u << 10) /* a buffer larger than this is given back after the request */

struct validator {
	const struct source *source;
	struct json_plan *plan;
	struct json_scratch *scratch;
	struct json_value values[JSON_PLAN_MAX];
	struct field_rule *fields[CONF_FIELDS_MAX];
	struct select select;
	char *payload; /* of a form's field, decoded */
	size_t payload_size;
	/* The event's texts. */
	char type[EVENT_TYPE_MAX + 1], id[4 * (EVENT_ID_MAX + 1) + 1], key[EVENT_KEY_MAX], lane[EVENT_ID_MAX + 1];
	char guard[EVENT_GUARD_MAX];
	char reason[EVENT_REASON_MAX + 1];
	char (*env)[EVENT_VALUE_MAX + 1];
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
	v->env = calloc(source->nenv + 1, sizeof v->env[0]);
	if (v->plan == NULL || v->scratch == NULL || v->env == NULL)
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
	free(v->env);
	free(v);
}

static enum validate_result
refuse(struct validator *v, struct event *event, enum validate_result result, const char *what, const char *why)
{
	int n = snprintf(v->reason, sizeof v->reason, "%s%s%s", what, *what != '\0' ? " " : "", why);

	event->text[EVENT_REASON] = v->reason;
	event->len[EVENT_REASON] = (uint32_t)(n < (int)sizeof v->reason ? n : (int)sizeof v->reason - 1);
	return result;
}

struct select *
validate_begin(struct validator *v, const struct validate_input *input)
{
	const char *type = input->param(input->context, "CONTENT_TYPE");

	v->select = (struct select){
	    .body = input->body, .body_len = input->body_len, .param = input->param, .context = input->context};
	if (v->source->payload != PAYLOAD_JSON && type != NULL && media_is_form(type, strlen(type))) {
		v->select.form = input->body;
		v->select.form_len = input->body_len;
	}
	return &v->select;
}

/* The JSON in a form's field.  Returns NULL, or what is wrong with it. */
static const char *
take_payload(struct validator *v, const char **json, size_t *len)
{
	size_t size = v->select.form_len + 1;
	enum form_result result;

	if (v->payload_size < size || v->payload_size > KEPT_MAX) {
		free(v->payload);
		v->payload = malloc(size);
		v->payload_size = v->payload != NULL ? size : 0;
		if (v->payload == NULL)
			return "is too long";
	}
	result = form_value(v->select.form, v->select.form_len, v->source->payload_field, v->payload, size, len);
	*json = v->payload;
	return result == FORM_ABSENT ? "is missing" : form_result_text(result);
}

enum validate_result
validate_parse(struct validator *v, struct event *event, const char **selector)
{
	const char *json = v->select.body, *why = NULL;
	size_t len = v->select.body_len, offset;
	enum json_result parsed;
	char at[96];

	*selector = NULL;
	if (v->source->payload == PAYLOAD_FORM)
		return VALIDATE_OK;
	if (v->select.form != NULL && (why = take_payload(v, &json, &len)) != NULL) {
		*selector = "form";
		snprintf(at, sizeof at, "the form's field '%.32s'", v->source->payload_field);
		return refuse(v, event, VALIDATE_FIELD, at, why);
	}
	parsed = json_scan(v->plan, v->scratch, json, len, v->values, &offset);
	if (parsed == JSON_NO_MEMORY)
		return VALIDATE_NO_MEMORY;
	if (parsed != JSON_OK) {
		snprintf(at, sizeof at, "%s at byte %zu", json_result_text(parsed), offset);
		return refuse(v, event, VALIDATE_JSON, "", at);
	}
	v->select.values = v->values;
	return VALIDATE_OK;
}

static const char *
take_type(struct validator *v, struct event *event)
{
	struct selected text;
	const char *why = select_text(&v->select, v->source->event, v->type, sizeof v->type, &text);

	if (why != NULL)
		return why;
	if (text.absent || text.len == 0)
		return "is missing: it is the event type";
	if (!text_printable(v->type, text.len))
		return "has control characters";
	event->text[EVENT_TYPE] = v->type;
	event->len[EVENT_TYPE] = (uint32_t)text.len;
	return NULL;
}

/* One part of the id, behind those before it. */
static const char *
take_id_part(struct validator *v, struct event *event, size_t i)
{
	char part[EVENT_ID_MAX + 1];
	struct selected text;
	size_t key_len = event->len[EVENT_KEY], id_len = event->len[EVENT_ID];
	const char *why = select_text(&v->select, v->source->ids[i], part, sizeof part, &text);

	if (why != NULL)
		return why;
	if (text.absent || text.len == 0)
		return "is missing: it is part of the id";
	if (event_key_add(v->key, sizeof v->key, &key_len, text.origin, part, text.len) != 0)
		return "is too long";
	if (id_len > 0)
		v->id[id_len++] = ' ';
	memcpy(v->id + id_len, part, text.len);
	event->text[EVENT_KEY] = v->key;
	event->len[EVENT_KEY] = (uint32_t)key_len;
	event->text[EVENT_ID] = v->id;
	event->len[EVENT_ID] = (uint32_t)(id_len + text.len);
	return NULL;
}

/* A second key, of the body alone. */
static enum validate_result
take_guard(struct validator *v, struct event *event)
{
	const char *digest = select_digest(&v->select);
	size_t len = 0;

	if (digest == NULL ||
	    event_key_add(v->guard, sizeof v->guard, &len, EVENT_GUARD_ORIGIN, digest, strlen(digest)) != 0)
		return VALIDATE_NO_MEMORY;
	event->text[EVENT_GUARD] = v->guard;
	event->len[EVENT_GUARD] = (uint32_t)len;
	return VALIDATE_OK;
}

static const char *
take_lane(struct validator *v, struct event *event)
{
	struct selected text;
	const char *why = select_text(&v->select, v->source->lane, v->lane, sizeof v->lane, &text);

	event->text[EVENT_LANE] = v->lane;
	event->len[EVENT_LANE] = (uint32_t)(why == NULL ? text.len : 0);
	return why;
}

/* Scalars as their text; objects and arrays as the bytes they were sent as; null and what is absent: no variable. */
static const char *
take_variable(struct validator *v, struct event *event, size_t i)
{
	const struct env_map *map = &v->source->env[i];
	const struct json_value *value =
	    map->selector->kind == SELECTOR_BODY && v->select.values != NULL ? &v->values[map->selector->place] : NULL;
	char *out = v->env[i];
	struct selected text;
	const char *why;

	if (value != NULL && value->type == JSON_NULL)
		return NULL;
	if (value != NULL && (value->type == JSON_OBJECT || value->type == JSON_ARRAY)) {
		if (value->len > EVENT_VALUE_MAX)
			return "is too long for a variable";
		text = (struct selected){.len = value->len};
		memcpy(out, value->bytes, value->len);
	} else if ((why = select_text(&v->select, map->selector, out, EVENT_VALUE_MAX + 1, &text)) != NULL) {
		return why;
	}
	if (!text.absent)
		event->env[event->nenv++] =
		    (struct event_variable){map->name, out, (uint32_t)strlen(map->name), (uint32_t)text.len};
	return NULL;
}

enum validate_result
validate_event(struct validator *v, struct event *event, const char **selector)
{
	const struct source *source = v->source;
	const char *why;

	*selector = NULL;
#define CHECK(result, what)                                              \
	if ((why = (result)) != NULL) {                                  \
		*selector = (what)->text;                                \
		return refuse(v, event, VALIDATE_FIELD, *selector, why); \
	}
	CHECK(take_type(v, event), source->event)
	for (size_t i = 0; i < source->nfields; i++)
		if (field_applies(&source->fields[i], v->type))
			CHECK(field_check(v->fields[i], &v->values[source->fields[i].selector->place]),
			    source->fields[i].selector)
	for (size_t i = 0; i < source->nids; i++)
		CHECK(take_id_part(v, event, i), source->ids[i])
	if (source->lane != NULL)
		CHECK(take_lane(v, event), source->lane)
	for (size_t i = 0; i < source->nenv; i++)
		CHECK(take_variable(v, event, i), source->env[i].selector)
#undef CHECK
	return source->replay_guard ? take_guard(v, event) : VALIDATE_OK;
}
