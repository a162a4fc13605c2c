/*
 * Encoding and decoding of event records.  Decoding believes nothing: a record comes from a responder, which an attacker may
 * have taken over, or from a disk.  What it can't know, whether the record fits the configuration, spooler/claim.c looks at.
 */
#include "event.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "../lib/wire.h"
#include "variable.h"

#define HEAD_FIXED 20 /* version to body length */

static const uint32_t text_max[EVENT_TEXTS] = {
    [EVENT_SOURCE] = EVENT_SOURCE_MAX,
    [EVENT_TYPE] = EVENT_TYPE_MAX,
    [EVENT_ID] = EVENT_ID_PARTS_MAX * (EVENT_ID_MAX + 1) - 1,
    [EVENT_KEY] = EVENT_KEY_MAX,
    [EVENT_LANE] = EVENT_ID_MAX,
    [EVENT_ADDRESS] = EVENT_ADDRESS_MAX,
    [EVENT_CONTENT_TYPE] = EVENT_CONTENT_TYPE_MAX,
    [EVENT_REASON] = EVENT_REASON_MAX,
    [EVENT_GUARD] = EVENT_GUARD_MAX,
};

size_t
event_head_size(const struct event *event)
{
	size_t size = HEAD_FIXED + 2;

	for (int i = 0; i < EVENT_TEXTS; i++)
		size += 4 + event->len[i];
	for (size_t i = 0; i < event->nenv; i++)
		size += 8 + event->env[i].name_len + event->env[i].value_len;
	return size;
}

void
event_encode_head(const struct event *event, unsigned char *out)
{
	out = wire_put_u8(out, EVENT_VERSION);
	out = wire_put_u8(out, (uint8_t)event->kind);
	out = wire_put_u16(out, (uint16_t)event->secret);
	out = wire_put_u32(out, (uint32_t)event_head_size(event));
	out = wire_put_u64(out, event->received_ms);
	out = wire_put_u32(out, (uint32_t)event->body_len);
	for (int i = 0; i < EVENT_TEXTS; i++)
		out = wire_put_text(out, event->text[i], event->len[i]);
	out = wire_put_u16(out, (uint16_t)event->nenv);
	for (size_t i = 0; i < event->nenv; i++) {
		out = wire_put_text(out, event->env[i].name, event->env[i].name_len);
		out = wire_put_text(out, event->env[i].value, event->env[i].value_len);
	}
}

/* A text without a NUL, so that it can become a C string or a variable. */
static const char *
get_text(struct wire_reader *r, size_t max, uint32_t *len)
{
	const char *text = wire_get_text(r, max, len);

	if (text != NULL && memchr(text, '\0', *len) != NULL)
		r->bad = true;
	return text;
}

static void
get_variables(struct wire_reader *r, struct event *event)
{
	event->nenv = wire_get_u16(r);
	if (event->nenv > EVENT_ENV_MAX) {
		event->nenv = 0;
		r->bad = true;
	}
	for (size_t i = 0; i < event->nenv && !r->bad; i++) {
		struct event_variable *v = &event->env[i];

		v->name = get_text(r, VARIABLE_NAME_MAX, &v->name_len);
		v->value = get_text(r, EVENT_VALUE_MAX, &v->value_len);
		if (!r->bad && !variable_is_name(v->name, v->name_len))
			r->bad = true;
	}
}

static int
decode(struct event *event, const unsigned char *record, size_t len, bool with_body)
{
	struct wire_reader r;
	uint8_t version, kind;
	uint32_t head_len;

	wire_reader_init(&r, record, len);
	version = wire_get_u8(&r);
	kind = wire_get_u8(&r);
	if (!r.bad && (version < 1 || version > EVENT_VERSION || kind < EVENT_ACCEPTED || kind > EVENT_REJECTED)) {
		errno = ENOTSUP;
		return -1;
	}
	memset(event, 0, offsetof(struct event, env));
	event->kind = kind;
	event->secret = wire_get_u16(&r);
	head_len = wire_get_u32(&r);
	event->received_ms = wire_get_u64(&r);
	event->body_len = wire_get_u32(&r);
	event->text[EVENT_GUARD] = "";
	for (int i = 0; i < (version == 1 ? EVENT_GUARD : EVENT_TEXTS); i++)
		event->text[i] = get_text(&r, text_max[i], &event->len[i]);
	get_variables(&r, event);
	if (head_len > EVENT_HEAD_MAX || (size_t)(r.at - record) != head_len || event->body_len > EVENT_BODY_MAX)
		r.bad = true;
	event->body = with_body ? wire_get_bytes(&r, event->body_len) : NULL;
	if (r.bad || r.at != r.end || event->len[EVENT_SOURCE] == 0) {
		errno = EPROTO;
		return -1;
	}
	return 0;
}

int
event_decode(struct event *event, const unsigned char *record, size_t len)
{
	return decode(event, record, len, true);
}

int
event_decode_head(struct event *event, const unsigned char *head, size_t len)
{
	return decode(event, head, len, false);
}

size_t
event_head_len(const unsigned char *record, size_t len)
{
	size_t head = len >= HEAD_FIXED ? wire_u32_at(record + 4) : 0;

	return head <= len ? head : 0;
}

int
event_key_add(char *key, size_t size, size_t *len, char origin, const char *text, size_t text_len)
{
	size_t at = *len;

	if (at + 2 > size)
		return -1;
	key[at++] = origin;
	for (size_t i = 0; i < text_len; i++) {
		if (at + 3 > size)
			return -1;
		if (text[i] == 0x01 || text[i] == 0x02)
			key[at++] = 0x02;
		key[at++] = text[i];
	}
	if (at + 1 > size)
		return -1;
	key[at++] = 0x01;
	*len = at;
	return 0;
}

int
event_key_origins(const char *key, size_t len, char *out, size_t max)
{
	size_t n = 0;

	for (size_t at = 0; at < len;) {
		if (n == max)
			return -1;
		out[n++] = key[at++];
		for (; at < len && key[at] != 0x01; at++)
			if (key[at] == 0x02 && (++at == len || (key[at] != 0x01 && key[at] != 0x02)))
				return -1;
		if (at++ == len)
			return -1;
	}
	return (int)n;
}
