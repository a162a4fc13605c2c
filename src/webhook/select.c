/* Selected texts.  Numbers keep the text they were written as, so that two different ones never compare equal. */
#include "select.h"

#include <string.h>

#include "../lib/form.h"
#include "asked.h"
#include "webhook.h"

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

static const char *
form_text(const char *form, size_t len, const struct selector *selector, char *out, size_t size, struct selected *text)
{
	enum form_result result = form_value(form, len, selector->name, out, size, &text->len);

	text->absent = result == FORM_ABSENT;
	return form_result_text(result);
}

static const char *
copy(const char *value, char *out, size_t size, struct selected *text)
{
	text->absent = value == NULL;
	text->len = value != NULL ? strlen(value) : 0;
	if (text->len >= size)
		return "is too long";
	if (value != NULL)
		memcpy(out, value, text->len + 1);
	return NULL;
}

static const char *
body_text(const struct json_value *value, char *out, size_t size, struct selected *text)
{
	enum json_text_result result;

	text->absent = value->type == JSON_ABSENT;
	text->origin = value->type == JSON_STRING ? 's' : value->type == JSON_NUMBER ? 'n' : 'b';
	if (text->absent)
		return NULL;
	result = json_text(value, out, size, &text->len);
	return result == JSON_TEXT_OK ? NULL : explain(result);
}

const char *
select_digest(struct select *s)
{
	if (s->digest[0] == '\0' && digest_text(s->digest, s->webhook->body, s->webhook->body_len) != 0)
		return NULL;
	return s->digest;
}

const char *
select_text(struct select *s, const struct selector *selector, char *out, size_t size, struct selected *text)
{
	static const struct json_value nothing = {JSON_ABSENT, NULL, 0};
	const struct asked *asked = s->webhook->asked;

	*text = (struct selected){0};
	out[0] = '\0';
	switch (selector->kind) {
	case SELECTOR_BODY:
		return body_text(s->values != NULL ? &s->values[selector->place] : &nothing, out, size, text);
	case SELECTOR_HEADER:
		text->origin = 'h';
		return copy(asked_header(asked, selector->name), out, size, text);
	case SELECTOR_QUERY:
		text->origin = 'q';
		return form_text(asked->query, strlen(asked->query), selector, out, size, text);
	case SELECTOR_FORM:
		text->origin = 'f';
		return form_text(s->webhook->body, s->is_form ? s->webhook->body_len : 0, selector, out, size, text);
	case SELECTOR_DIGEST:
		text->origin = 'd';
		return select_digest(s) == NULL ? "could not be computed" : copy(s->digest, out, size, text);
	}
	return NULL;
}
