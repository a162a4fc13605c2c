/* Looking at signatures.  Everything here comes from the network; the header's size bounds the work. */
#include "signature_view.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../lib/form.h"
#include "../lib/text.h"
#include "asked.h"
#include "webhook.h"

#define TIMESTAMP_DIGITS_MAX 15 /* far beyond any clock, in ms too, and never near the end of 64 bits */

size_t
signature_size(enum signature_algorithm algorithm)
{
	switch (algorithm) {
	case SIGNATURE_HMAC_SHA1:
		return 20;
	case SIGNATURE_HMAC_SHA256:
		return 32;
	case SIGNATURE_HMAC_SHA512:
	case SIGNATURE_ED25519:
		return 64;
	default:
		return 0;
	}
}

size_t
signature_pairs_max(const struct signature_rule *rule)
{
	return rule->algorithm == SIGNATURE_ED25519 ? SIGNATURE_PAIRS_SLOW : SIGNATURE_PAIRS_MAX;
}

/* The text of a header or query selector, or NULL: not there, or not to be read. */
static const char *
selected(const struct asked *asked, const struct selector *selector, char *room, size_t size)
{
	size_t len;

	if (selector->kind == SELECTOR_HEADER)
		return asked_header(asked, selector->name);
	return form_value(asked->query, strlen(asked->query), selector->name, room, size, &len) == FORM_OK ? room
													   : NULL;
}

static void
trim(const char **text, size_t *len)
{
	while (*len > 0 && ((*text)[0] == ' ' || (*text)[0] == '\t')) {
		++*text;
		--*len;
	}
	while (*len > 0 && ((*text)[*len - 1] == ' ' || (*text)[*len - 1] == '\t'))
		--*len;
}

/* What follows PREFIX, or NULL: the token begins otherwise, or ends with it. */
static const char *
behind(const char *text, size_t len, const char *prefix)
{
	size_t n = prefix != NULL ? strlen(prefix) : 0;

	return len > n && memcmp(text, prefix != NULL ? prefix : "", n) == 0 ? text + n : NULL;
}

static bool
decode(const struct signature_rule *rule, const char *text, size_t len, unsigned char *out)
{
	size_t want = signature_size(rule->algorithm);

	if (rule->encoding == SIGNATURE_HEX)
		return len == 2 * want && text_hex_decode(text, len, out) == 0;
	return base64_decode(text, len, out, want) == (ssize_t)want;
}

/* One token of the value, which is not empty. */
static enum signature_result
take_token(struct signature_view *view, const struct signature_rule *rule, const char *text, size_t len)
{
	struct signature_token *token = &view->tokens[view->ntokens];
	const char *item = behind(text, len, rule->item);
	const char *time = rule->timestamp_item != NULL ? behind(text, len, rule->timestamp_item) : NULL;

	if (view->ntokens == SIGNATURE_TOKENS_MAX)
		return SIGNATURE_MALFORMED;
	view->ntokens++;
	token->kind = TOKEN_OTHER;
	token->text = text;
	token->len = len;
	if (time != NULL) {
		if (view->timestamp.bytes != NULL)
			return SIGNATURE_MALFORMED; /* which one would have been signed? */
		view->timestamp = (struct signature_piece){time, (size_t)(text + len - time)};
		token->kind = TOKEN_TIMESTAMP;
		return SIGNATURE_OK;
	}
	if (item == NULL)
		return SIGNATURE_OK;
	token->text = item;
	token->len = (size_t)(text + len - item);
	token->kind = signature_is_credential(rule) || decode(rule, token->text, token->len, token->bytes)
	    ? TOKEN_CANDIDATE
	    : TOKEN_UNDECODABLE;
	view->candidates += token->kind == TOKEN_CANDIDATE;
	return SIGNATURE_OK;
}

static enum signature_result
split(struct signature_view *view, const struct signature_rule *rule)
{
	const char *at = view->value, *separators = rule->split != NULL ? rule->split : "";
	bool mine = false;

	for (;;) {
		size_t len = *separators != '\0' ? strcspn(at, separators) : strlen(at), token_len = len;
		const char *token = at;

		trim(&token, &token_len);
		if (token_len > 0 && take_token(view, rule, token, token_len) != SIGNATURE_OK)
			return SIGNATURE_MALFORMED;
		if (at[len] == '\0')
			break;
		at += len + 1;
	}
	for (size_t i = 0; i < view->ntokens; i++)
		mine = mine || view->tokens[i].kind >= TOKEN_UNDECODABLE;
	return !mine ? SIGNATURE_MISSING : view->candidates == 0 ? SIGNATURE_MALFORMED : SIGNATURE_OK;
}

/* "Scheme credentials" of an Authorization header; the scheme is compared without regard to case (RFC 9110, section 11.1). */
static enum signature_result
authorization(struct signature_view *view, const struct signature_rule *rule)
{
	const char *scheme = rule->algorithm == SIGNATURE_BASIC ? "Basic" : "Bearer", *text = view->value;
	size_t n = strlen(scheme), len;
	ssize_t decoded;

	if (strncasecmp(text, scheme, n) != 0 || text[n] != ' ')
		return SIGNATURE_MISSING;
	text += n;
	len = strlen(text);
	trim(&text, &len);
	if (rule->algorithm == SIGNATURE_BASIC) {
		decoded = base64_decode(text, len, (unsigned char *)view->credential, sizeof view->credential);
		text = view->credential;
		len = decoded > 0 ? (size_t)decoded : 0;
	}
	if (len == 0)
		return SIGNATURE_MALFORMED;
	view->tokens[0] = (struct signature_token){.kind = TOKEN_CANDIDATE, .text = text, .len = len};
	view->ntokens = view->candidates = 1;
	return SIGNATURE_OK;
}

static enum signature_result
look_at_time(struct signature_view *view, const struct signature_rule *rule, const struct webhook *webhook)
{
	uint64_t value = 0;

	if (rule->timestamp != NULL) {
		view->timestamp.bytes =
		    selected(webhook->asked, rule->timestamp, view->timestamp_room, sizeof view->timestamp_room);
		view->timestamp.len = view->timestamp.bytes != NULL ? strlen(view->timestamp.bytes) : 0;
	}
	if (view->timestamp.bytes == NULL || view->timestamp.len == 0)
		return SIGNATURE_NO_TIMESTAMP;
	if (view->timestamp.len > TIMESTAMP_DIGITS_MAX)
		return SIGNATURE_BAD_TIMESTAMP;
	for (size_t i = 0; i < view->timestamp.len; i++) {
		char c = view->timestamp.bytes[i];

		if (c < '0' || c > '9')
			return SIGNATURE_BAD_TIMESTAMP;
		value = value * 10 + (uint64_t)(c - '0');
	}
	view->timestamp_ms = value * rule->timestamp_unit_ms;
	if (view->timestamp_ms + rule->tolerance_ms < webhook->now_ms)
		return SIGNATURE_STALE;
	return view->timestamp_ms > webhook->now_ms + rule->tolerance_ms ? SIGNATURE_FUTURE : SIGNATURE_OK;
}

static void
add_piece(struct signature_view *view, const char *bytes, size_t len)
{
	view->pieces[view->npieces++] = (struct signature_piece){bytes, len};
	view->signed_len += len;
}

void
signature_assemble(struct signature_view *view, const struct source *source, const struct signature_rule *rule,
    const struct webhook *webhook)
{
	for (size_t i = 0; i < rule->nparts; i++) {
		const struct signed_part *part = &rule->parts[i];
		const char *text = part->text;

		if (part->kind == SIGNED_BODY) {
			add_piece(view, webhook->body, webhook->body_len);
			continue;
		}
		if (part->kind == SIGNED_TIMESTAMP) {
			add_piece(view, view->timestamp.bytes, view->timestamp.len);
			continue;
		}
		if (part->kind == SIGNED_METHOD)
			text = webhook->asked->method;
		else if (part->kind == SIGNED_URL)
			text = source->url;
		else if (part->kind == SIGNED_HEADER && (text = asked_header(webhook->asked, part->text)) == NULL) {
			view->absent = part->text;
			continue;
		}
		add_piece(view, text, strlen(text));
	}
}

unsigned char *
signature_join(const struct signature_view *view)
{
	unsigned char *text = malloc(view->signed_len + 1), *at = text;

	for (size_t i = 0; text != NULL && i < view->npieces; i++) {
		memcpy(at, view->pieces[i].bytes, view->pieces[i].len);
		at += view->pieces[i].len;
	}
	return text;
}

/* What the value and what is around it have; see signature_look(). */
static enum signature_result
look(struct signature_view *view, const struct source *source, const struct signature_rule *rule,
    const struct webhook *webhook)
{
	enum signature_result result;

	view->value = selected(webhook->asked, rule->from, view->value_room, sizeof view->value_room);
	if (view->value == NULL || *view->value == '\0')
		return SIGNATURE_MISSING;
	if (strlen(view->value) > SIGNATURE_HEADER_MAX)
		return SIGNATURE_MALFORMED;
	if (rule->algorithm == SIGNATURE_BEARER || rule->algorithm == SIGNATURE_BASIC)
		return authorization(view, rule);
	if ((result = split(view, rule)) != SIGNATURE_OK || signature_is_credential(rule))
		return result;
	if (signature_has_timestamp(rule) && (result = look_at_time(view, rule, webhook)) != SIGNATURE_OK)
		return result;
	signature_assemble(view, source, rule, webhook);
	return view->absent != NULL ? SIGNATURE_NO_HEADER : SIGNATURE_OK;
}

enum signature_result
signature_look(struct signature_view *view, const struct source *source, const struct signature_rule *rule,
    const struct webhook *webhook)
{
	enum signature_result result;

	memset(view, 0, offsetof(struct signature_view, tokens));
	result = look(view, source, rule, webhook);
	if (result == SIGNATURE_OK && view->candidates * rule->nkeys > signature_pairs_max(rule))
		return SIGNATURE_MALFORMED;
	return result;
}
