/*
 * Validation.  Every selector of a source has a place in one JSON plan; values keep their text, so that numbers are compared
 * and remembered as they were written.
 */
#include "validate.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/conf.h"
#include "../lib/glob.h"
#include "../lib/text.h"
#include "json.h"

struct validator {
	const struct source *source;
	struct json_plan *plan;
	struct json_scratch *scratch;
	struct json_value values[JSON_PLAN_MAX];
	size_t nvalues;
	/* Places in VALUES; meaningless where the selector is not of the body. */
	size_t event_at, id_at[CONF_IDS_MAX], lane_at, field_at[CONF_FIELDS_MAX], env_at[CONF_ENV_MAX];
	/* The event's texts. */
	char type[EVENT_TYPE_MAX + 1], id[4 * (EVENT_ID_MAX + 1) + 1], key[EVENT_KEY_MAX], lane[EVENT_ID_MAX + 1];
	char reason[EVENT_REASON_MAX + 1];
	char (*env)[EVENT_VALUE_MAX + 1];
	char digest[2 * 32 + 1];
};

static void
place(const struct selector **all, size_t *n, const struct selector *selector, size_t *at)
{
	if (selector != NULL && selector->kind == SELECTOR_BODY) {
		*at = *n;
		all[(*n)++] = selector;
	}
}

static int
compile(struct validator *v)
{
	const struct selector *all[2 + CONF_IDS_MAX + CONF_FIELDS_MAX + CONF_ENV_MAX];
	const struct source *source = v->source;
	size_t n = 0;

	place(all, &n, source->event, &v->event_at);
	for (size_t i = 0; i < source->nids; i++)
		place(all, &n, source->ids[i], &v->id_at[i]);
	place(all, &n, source->lane, &v->lane_at);
	for (size_t i = 0; i < source->nfields; i++)
		place(all, &n, source->fields[i].selector, &v->field_at[i]);
	for (size_t i = 0; i < source->nenv; i++)
		place(all, &n, source->env[i].selector, &v->env_at[i]);
	v->nvalues = n;
	v->plan = json_plan_new(all, n, source->max_depth);
	v->scratch = json_scratch_new();
	v->env = calloc(source->nenv + 1, sizeof v->env[0]);
	return v->plan != NULL && v->scratch != NULL && v->env != NULL ? 0 : -1;
}

struct validator *
validator_new(const struct source *source)
{
	struct validator *v = calloc(1, sizeof *v);

	if (v == NULL)
		return NULL;
	v->source = source;
	if (compile(v) == 0)
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
	free(v->env);
	free(v);
}

/* A value's text, where it came from, and whether it is there at all. */
struct text {
	bool absent;
	char origin; /* see event_key_add() */
	size_t len;
};

static const char *
explain(enum json_text_result result)
{
	switch (result) {
	case JSON_TEXT_NUL:
		return "has a NUL character";
	case JSON_TEXT_SURROGATE:
		return "has a lone surrogate";
	case JSON_TEXT_LONG:
		return "is too long";
	default:
		return "is not a string, number or boolean";
	}
}

/* Percent-decode LEN bytes of a query's value (application/x-www-form-urlencoded).  Returns NULL, or what is wrong. */
static const char *
decode_query(const char *from, size_t len, char *out, size_t size, struct text *text)
{
	for (size_t i = 0; i < len; i++) {
		char c = from[i] == '+' ? ' ' : from[i];

		if (c == '%') {
			int high = i + 2 < len ? text_hex_digit(from[i + 1]) : -1,
			    low = i + 2 < len ? text_hex_digit(from[i + 2]) : -1;

			if (high < 0 || low < 0)
				return "is badly encoded";
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (c == '\0')
			return "has a NUL character";
		if (text->len + 1 >= size)
			return "is too long";
		out[text->len++] = c;
	}
	out[text->len] = '\0';
	return NULL;
}

static const char *
query_text(const struct validate_input *input, const char *name, char *out, size_t size, struct text *text)
{
	const char *query = input->param(input->context, "QUERY_STRING");
	size_t name_len = strlen(name);
	bool found = false;

	text->origin = 'q';
	while (query != NULL && *query != '\0') {
		size_t len = strcspn(query, "&");

		if (len > name_len && query[name_len] == '=' && memcmp(query, name, name_len) == 0) {
			const char *why = found
			    ? "is there twice"
			    : decode_query(query + name_len + 1, len - name_len - 1, out, size, text);

			if (why != NULL)
				return why;
			found = true;
		}
		query += len + (query[len] == '&');
	}
	text->absent = !found;
	return NULL;
}

static const char *
header_text(const struct validate_input *input, const char *name, char *out, size_t size, struct text *text)
{
	const char *value = input->param(input->context, name);

	text->origin = 'h';
	if (value == NULL) {
		text->absent = true;
		return NULL;
	}
	text->len = strlen(value);
	if (text->len >= size)
		return "is too long";
	memcpy(out, value, text->len + 1);
	return NULL;
}

static const char *
digest_text(struct validator *v, const struct validate_input *input, char *out, size_t size, struct text *text)
{
	unsigned char bytes[32];
	unsigned n;

	text->origin = 'd';
	if (v->digest[0] == '\0') {
		if (EVP_Digest(input->body, input->body_len, bytes, &n, EVP_sha256(), NULL) != 1)
			return "could not be computed";
		text_hex(v->digest, bytes, sizeof bytes);
	}
	text->len = strlen(v->digest);
	if (text->len >= size)
		return "is too long";
	memcpy(out, v->digest, text->len + 1);
	return NULL;
}

static const char *
body_text(const struct json_value *value, char *out, size_t size, struct text *text)
{
	enum json_text_result result;

	text->absent = value->type == JSON_ABSENT;
	text->origin = value->type == JSON_STRING ? 's' : value->type == JSON_NUMBER ? 'n' : 'b';
	if (text->absent)
		return NULL;
	result = json_text(value, out, size, &text->len);
	return result == JSON_TEXT_OK ? NULL : explain(result);
}

/* The text a selector names.  Returns NULL, or what is wrong with it. */
static const char *
select_text(struct validator *v, const struct validate_input *input, const struct selector *selector, size_t at,
    char *out, size_t size, struct text *text)
{
	*text = (struct text){0};
	out[0] = '\0';
	switch (selector->kind) {
	case SELECTOR_BODY:
		return body_text(&v->values[at], out, size, text);
	case SELECTOR_HEADER:
		return header_text(input, selector->name, out, size, text);
	case SELECTOR_QUERY:
		return query_text(input, selector->name, out, size, text);
	case SELECTOR_DIGEST:
		return digest_text(v, input, out, size, text);
	}
	return NULL;
}

static enum validate_result
refuse(struct validator *v, struct event *event, enum validate_result result, const char *what, const char *why)
{
	int n = snprintf(v->reason, sizeof v->reason, "%s%s%s", what, *what != '\0' ? " " : "", why);

	event->text[EVENT_REASON] = v->reason;
	event->len[EVENT_REASON] = (uint32_t)(n < (int)sizeof v->reason ? n : (int)sizeof v->reason - 1);
	return result;
}

static bool
printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

static const char *
take_type(struct validator *v, const struct validate_input *input, struct event *event)
{
	struct text text;
	const char *why = select_text(v, input, v->source->event, v->event_at, v->type, sizeof v->type, &text);

	if (why != NULL)
		return why;
	if (text.absent || text.len == 0)
		return "is missing: it is the event type";
	if (!printable(v->type, text.len))
		return "has control characters";
	event->text[EVENT_TYPE] = v->type;
	event->len[EVENT_TYPE] = (uint32_t)text.len;
	return NULL;
}

/* One part of the id, behind those before it. */
static const char *
take_id_part(struct validator *v, const struct validate_input *input, struct event *event, size_t i)
{
	char part[EVENT_ID_MAX + 1];
	struct text text;
	size_t key_len = event->len[EVENT_KEY], id_len = event->len[EVENT_ID];
	const char *why = select_text(v, input, v->source->ids[i], v->id_at[i], part, sizeof part, &text);

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

static const char *
take_lane(struct validator *v, const struct validate_input *input, struct event *event)
{
	struct text text;
	const char *why = select_text(v, input, v->source->lane, v->lane_at, v->lane, sizeof v->lane, &text);

	event->text[EVENT_LANE] = v->lane;
	event->len[EVENT_LANE] = (uint32_t)(why == NULL ? text.len : 0);
	return why;
}

/* Scalars as their text; objects and arrays as the bytes they were sent as; null and what is absent: no variable. */
static const char *
take_variable(struct validator *v, const struct validate_input *input, struct event *event, size_t i)
{
	const struct env_map *map = &v->source->env[i];
	const struct json_value *value = map->selector->kind == SELECTOR_BODY ? &v->values[v->env_at[i]] : NULL;
	char *out = v->env[i];
	struct text text;
	const char *why;

	if (value != NULL && value->type == JSON_NULL)
		return NULL;
	if (value != NULL && (value->type == JSON_OBJECT || value->type == JSON_ARRAY)) {
		if (value->len > EVENT_VALUE_MAX)
			return "is too long for a variable";
		text = (struct text){.len = value->len};
		memcpy(out, value->bytes, value->len);
	} else if ((why = select_text(v, input, map->selector, v->env_at[i], out, EVENT_VALUE_MAX + 1, &text)) !=
	    NULL) {
		return why;
	}
	if (!text.absent)
		event->env[event->nenv++] =
		    (struct event_variable){map->name, out, (uint32_t)strlen(map->name), (uint32_t)text.len};
	return NULL;
}

static bool
applies(const struct field *field, const char *type)
{
	if (field->when == NULL)
		return true;
	for (char **glob = field->when; *glob != NULL; glob++)
		if (glob_match(*glob, type))
			return true;
	return false;
}

static const char *
check_field(const struct field *field, const struct json_value *value)
{
	char text[EVENT_VALUE_MAX + 1];
	size_t len;

	if (value->type == JSON_ABSENT)
		return field->required ? "is missing" : NULL;
	if (field->types != 0 && (field->types & 1u << value->type) == 0)
		return "has the wrong type";
	if (field->one_of == NULL)
		return NULL;
	if (json_text(value, text, sizeof text, &len) == JSON_TEXT_OK)
		for (char **one = field->one_of; *one != NULL; one++)
			if (strcmp(*one, text) == 0)
				return NULL;
	return "is none of the allowed values";
}

enum validate_result
validate(struct validator *v, const struct validate_input *input, struct event *event, const char **selector)
{
	const struct source *source = v->source;
	enum json_result parsed;
	const char *why;
	size_t offset;

	*selector = NULL;
	v->digest[0] = '\0';
	parsed = json_scan(v->plan, v->scratch, input->body, input->body_len, v->values, &offset);
	if (parsed == JSON_NO_MEMORY)
		return VALIDATE_NO_MEMORY;
	if (parsed != JSON_OK) {
		char at[96];

		snprintf(at, sizeof at, "%s at byte %zu", json_result_text(parsed), offset);
		return refuse(v, event, VALIDATE_JSON, "", at);
	}
#define CHECK(result, what)                                              \
	if ((why = (result)) != NULL) {                                  \
		*selector = (what)->text;                                \
		return refuse(v, event, VALIDATE_FIELD, *selector, why); \
	}
	CHECK(take_type(v, input, event), source->event)
	for (size_t i = 0; i < source->nfields; i++)
		if (applies(&source->fields[i], v->type))
			CHECK(check_field(&source->fields[i], &v->values[v->field_at[i]]), source->fields[i].selector)
	for (size_t i = 0; i < source->nids; i++)
		CHECK(take_id_part(v, input, event, i), source->ids[i])
	if (source->lane != NULL)
		CHECK(take_lane(v, input, event), source->lane)
	for (size_t i = 0; i < source->nenv; i++)
		CHECK(take_variable(v, input, event, i), source->env[i].selector)
#undef CHECK
	return VALIDATE_OK;
}
