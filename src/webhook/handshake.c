/* Handshakes.  What a sender is told is made of the configuration's words and of the sender's own, escaped. */
#include "handshake.h"

#include <openssl/crypto.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/digest.h"
#include "../lib/glob.h"
#include "../lib/json_escape.h"
#include "../lib/text.h"
#include "select.h"
#include "signature.h"
#include "validate.h"

#define VALUE_MAX 2048 /* bytes of a selected value */

static bool
holds(const struct handshake_condition *condition, struct select *select)
{
	char text[VALUE_MAX + 1];
	struct selected selected;

	return select_text(select, condition->selector, text, sizeof text, &selected) == NULL && !selected.absent &&
	    glob_match(condition->glob, text);
}

static const struct handshake *
find(const struct source *source, bool get, struct select *select)
{
	for (size_t i = 0; i < source->nhandshakes; i++) {
		const struct handshake *h = &source->handshakes[i];
		bool all = h->get == get;

		for (size_t j = 0; all && j < h->nwhen; j++)
			all = holds(&h->when[j], select);
		if (all)
			return h;
	}
	return NULL;
}

/* Digests are compared, so that the time tells neither bytes nor lengths. */
static bool
has_token(const struct source *source, const struct handshake *h, struct select *select)
{
	char text[VALUE_MAX + 1];
	unsigned char shown[DIGEST_SIZE], known[DIGEST_SIZE];
	struct selected selected;
	bool equal = false;

	if (select_text(select, h->token, text, sizeof text, &selected) != NULL || selected.absent ||
	    digest_bytes(shown, text, selected.len) != 0)
		return false;
	for (size_t i = 0; i < source->ntokens; i++)
		equal |= digest_bytes(known, source->tokens[i].bytes, source->tokens[i].len) == 0 &&
		    CRYPTO_memcmp(shown, known, sizeof shown) == 0;
	return equal;
}

/* Append; returns false when it does not fit. */
static bool
add(struct handshake_reply *reply, const char *text, size_t len)
{
	if (len > sizeof reply->body - reply->len)
		return false;
	memcpy(reply->body + reply->len, text, len);
	reply->len += len;
	return true;
}

/* Inside of a JSON string. */
static bool
add_json(struct handshake_reply *reply, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char escape[JSON_ESCAPE_MAX];
		size_t n = json_escape(escape, text[i]);

		if (!add(reply, escape, n))
			return false;
	}
	return true;
}

/* NULL, or what is wrong with the value. */
static const char *
add_value(const struct handshake_rules *rules, const struct handshake_part *part, struct select *select,
    struct handshake_reply *reply)
{
	char text[VALUE_MAX + 1], hmac[SIGNATURE_HMAC_SIZE];
	struct selected selected;
	const char *why = select_text(select, part->selector, text, sizeof text, &selected);
	bool fits;

	if (why != NULL || selected.absent)
		return why != NULL ? why : "is missing";
	if (part->kind == HANDSHAKE_HMAC)
		return signature_hmac(rules->signer, rules->secret, text, selected.len, hmac) != 0
		    ? "could not be signed"
		    : add(reply, hmac, strlen(hmac)) ? NULL
						     : "is too long";
	if (!text_plain(text, selected.len))
		return "is not plain text";
	fits = reply->handshake->json ? add_json(reply, text, selected.len) : add(reply, text, selected.len);
	return fits ? NULL : "is too long";
}

enum handshake_result
handshake_find(const struct handshake_rules *rules, struct parsed *parsed, struct handshake_reply *reply)
{
	struct select *select = validate_select(parsed);
	const struct handshake *h = find(rules->source, rules->get, select);

	reply->handshake = h;
	reply->len = 0;
	if (h == NULL)
		return HANDSHAKE_NONE;
	if (h->token != NULL && !has_token(rules->source, h, select))
		return HANDSHAKE_UNAUTHORIZED;
	for (size_t i = 0; i < h->nparts; i++) {
		const struct handshake_part *part = &h->parts[i];

		reply->selector = part->selector != NULL ? part->selector->text : NULL;
		if (part->kind == HANDSHAKE_LITERAL)
			reply->why = add(reply, part->text, strlen(part->text)) ? NULL : "is too long";
		else
			reply->why = add_value(rules, part, select, reply);
		if (reply->why != NULL)
			return HANDSHAKE_INVALID;
	}
	return HANDSHAKE_REPLY;
}
