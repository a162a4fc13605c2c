/* Handshakes.  What a sender is told is made of the configuration's words and of the sender's own, escaped. */
#include "handshake.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/glob.h"
#include "../lib/text.h"
#include "signature.h"

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

static bool
digest(const void *bytes, size_t len, unsigned char out[32])
{
	return EVP_Digest(bytes, len, out, NULL, EVP_sha256(), NULL) == 1;
}

/* Digests are compared, so that the time tells neither bytes nor lengths. */
static bool
has_token(const struct source *source, const struct handshake *h, struct select *select)
{
	char text[VALUE_MAX + 1];
	unsigned char shown[32], known[32];
	struct selected selected;
	bool equal = false;

	if (select_text(select, h->token, text, sizeof text, &selected) != NULL || selected.absent ||
	    !digest(text, selected.len, shown))
		return false;
	for (size_t i = 0; i < source->ntokens; i++)
		equal |= digest(source->tokens[i].bytes, source->tokens[i].len, known) &&
		    CRYPTO_memcmp(shown, known, sizeof shown) == 0;
	return equal;
}

/* Append; returns false when it does not fit. */
static bool
add(struct handshake_answer *answer, const char *text, size_t len)
{
	if (len > sizeof answer->body - answer->len)
		return false;
	memcpy(answer->body + answer->len, text, len);
	answer->len += len;
	return true;
}

/* Inside of a JSON string (RFC 8259, section 7). */
static bool
add_json(struct handshake_answer *answer, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char escape[8];
		int n = text[i] == '"' || text[i] == '\\' ? snprintf(escape, sizeof escape, "\\%c", text[i])
		    : (unsigned char)text[i] < 0x20	  ? snprintf(escape, sizeof escape, "\\u%04x", text[i])
							  : snprintf(escape, sizeof escape, "%c", text[i]);

		if (!add(answer, escape, (size_t)n))
			return false;
	}
	return true;
}

/* NULL, or what is wrong with the value. */
static const char *
add_value(struct handshake_answer *answer, const struct handshake_part *part, struct select *select,
    struct signer *signer, size_t secret)
{
	char text[VALUE_MAX + 1], hmac[SIGNATURE_HMAC_SIZE];
	struct selected selected;
	const char *why = select_text(select, part->selector, text, sizeof text, &selected);
	bool fits;

	if (why != NULL || selected.absent)
		return why != NULL ? why : "is missing";
	if (part->kind == HANDSHAKE_HMAC)
		return signature_hmac(signer, secret, text, selected.len, hmac) != 0 ? "could not be signed"
		    : add(answer, hmac, strlen(hmac))				     ? NULL
										     : "is too long";
	if (!text_plain(text, selected.len))
		return "is not plain text";
	fits = answer->handshake->json ? add_json(answer, text, selected.len) : add(answer, text, selected.len);
	return fits ? NULL : "is too long";
}

enum handshake_result
handshake_find(const struct source *source, bool get, struct select *select, struct signer *signer, size_t secret,
    struct handshake_answer *answer)
{
	const struct handshake *h = find(source, get, select);

	answer->handshake = h;
	answer->len = 0;
	if (h == NULL)
		return HANDSHAKE_NONE;
	if (h->token != NULL && !has_token(source, h, select))
		return HANDSHAKE_UNAUTHORIZED;
	for (size_t i = 0; i < h->nparts; i++) {
		const struct handshake_part *part = &h->parts[i];

		answer->selector = part->selector != NULL ? part->selector->text : NULL;
		if (part->kind == HANDSHAKE_LITERAL)
			answer->why = add(answer, part->text, strlen(part->text)) ? NULL : "is too long";
		else
			answer->why = add_value(answer, part, select, signer, secret);
		if (answer->why != NULL)
			return HANDSHAKE_INVALID;
	}
	return HANDSHAKE_ANSWER;
}
