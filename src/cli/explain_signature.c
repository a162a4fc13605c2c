/* Step by step through the rules, with the responder's own modules: what they find is what is told. */
#include "explain_signature.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log.h"
#include "../webhook/signature_key.h"
#include "../webhook/webhook.h"

#define SHOWN_MAX 1000 /* bytes of one text */
#define LABEL "  %-11s "

struct subject {
	const struct source *source;
	const struct signature_rule *rule;
	const struct webhook *webhook;
};

void
explain_text(const char *label, const char *text, size_t len)
{
	char visible[4 * SHOWN_MAX + 1];
	size_t shown = len < SHOWN_MAX ? len : SHOWN_MAX;

	printf(LABEL "\"%s\"%s (%zu bytes)\n", label, log_visible(visible, sizeof visible, text, shown),
	    shown < len ? "…" : "", len);
}

static const char *
algorithm_name(enum signature_algorithm algorithm)
{
	static const char *const names[] = {[SIGNATURE_NONE] = "none",
	    [SIGNATURE_HMAC_SHA1] = "hmac-sha1",
	    [SIGNATURE_HMAC_SHA256] = "hmac-sha256",
	    [SIGNATURE_HMAC_SHA512] = "hmac-sha512",
	    [SIGNATURE_ED25519] = "ed25519",
	    [SIGNATURE_TOKEN] = "token",
	    [SIGNATURE_BEARER] = "bearer",
	    [SIGNATURE_BASIC] = "basic"};

	return names[algorithm];
}

/* Tokens are told by what they are, never by their bytes: those of a credential are the secret itself. */
static void
print_tokens(const struct subject *s, const struct signature_view *view)
{
	bool credential = signature_is_credential(s->rule);

	for (size_t i = 0; i < view->ntokens; i++) {
		const struct signature_token *token = &view->tokens[i];
		char label[32], head[64];

		snprintf(label, sizeof label, "token %zu", i + 1);
		switch (token->kind) {
		case TOKEN_OTHER:
			printf(LABEL "%s%s, %zu bytes: ignored, it does not begin with \"%s\"\n", label,
			    credential ? ""
				       : log_visible(head, sizeof head, token->text, token->len < 8 ? token->len : 8),
			    credential ? "hidden" : "…", token->len, s->rule->item);
			break;
		case TOKEN_TIMESTAMP:
			printf(LABEL "the timestamp\n", label);
			break;
		case TOKEN_UNDECODABLE:
			printf(LABEL "%zu characters that are not %zu bytes in %s: ignored\n", label, token->len,
			    signature_size(s->rule->algorithm), s->rule->encoding == SIGNATURE_HEX ? "hex" : "Base64");
			break;
		case TOKEN_CANDIDATE:
			printf(LABEL "%zu characters: to be compared\n", label, token->len);
			break;
		}
	}
}

static void
print_age(const char *verdict, const struct signature_view *view, const struct subject *s)
{
	bool past = view->timestamp_ms <= s->webhook->now_ms;
	uint64_t apart = past ? s->webhook->now_ms - view->timestamp_ms : view->timestamp_ms - s->webhook->now_ms;
	char text[CLOCK_TEXT_SIZE] = "";

	clock_text(text, view->timestamp_ms);
	printf(LABEL "%s, %" PRIu64 " s %s; tolerance %" PRIu64 " s: %s\n", "timestamp", text, apart / 1000,
	    past ? "ago" : "in the future", s->rule->tolerance_ms / 1000, verdict);
}

static void
print_signed(const struct signature_view *view)
{
	unsigned char *text = signature_join(view);

	if (text != NULL)
		explain_text("signed text", (const char *)text, view->signed_len);
	free(text);
}

static enum signature_result
try_key(const struct signature_rule *rule, size_t index, const struct signature_view *view)
{
	struct key *key = key_new(rule, index);
	struct key_text text = {view, NULL};
	enum signature_result result = key != NULL ? key_check(key, &text) : SIGNATURE_FAILED;

	free(text.bytes);
	key_free(key);
	return result;
}

/* Whether any key fits with another body. */
static bool
fits_body(const struct subject *s, const char *body, size_t len)
{
	struct webhook other = *s->webhook;
	struct signature_view view;

	other.body = body;
	other.body_len = len;
	if (signature_look(&view, s->source, s->rule, &other) != SIGNATURE_OK)
		return false;
	for (size_t i = 0; i < s->rule->nkeys; i++)
		if (try_key(s->rule, i, &view) == SIGNATURE_OK)
			return true;
	return false;
}

/* Whether the secret fits when its text is taken for the key in another way. */
static bool
fits_key(const struct subject *s, const struct secret *secret, enum key_encoding how, const struct signature_view *view)
{
	struct signature_rule other = *s->rule;
	const char *text = (const char *)secret->bytes, *underscore = memrchr(text, '_', secret->len);
	size_t skip = how != KEY_TEXT && underscore != NULL ? (size_t)(underscore - text) + 1 : 0;
	unsigned char bytes[CONF_SECRET_BYTES];
	ssize_t len;

	other.key = how;
	len = conf_key_decode(&other, text + skip, secret->len - skip, bytes);
	if (len <= 0)
		return false;
	other.keys[0] = (struct signature_key){0, bytes, (size_t)len};
	return try_key(&other, 0, view) == SIGNATURE_OK;
}

/* The slips that cost people hours. */
static void
print_hints(const struct subject *s, const struct signature_view *view)
{
	static const char *const names[] = {[KEY_TEXT] = "text", [KEY_HEX] = "hex", [KEY_BASE64] = "base64"};
	const struct webhook *webhook = s->webhook;
	size_t len = webhook->body_len;
	char *more;

	if (signature_is_credential(s->rule))
		return;
	if (len > 0 && webhook->body[len - 1] == '\n' && fits_body(s, webhook->body, len - 1))
		printf(LABEL
		    "it would match without the newline at the end of the body: was it added when the body was saved?\n",
		    "hint");
	if ((more = malloc(len + 1)) != NULL) {
		memcpy(more, webhook->body, len);
		more[len] = '\n';
		if (fits_body(s, more, len + 1))
			printf(LABEL "it would match with one more newline at the end of the body\n", "hint");
	}
	free(more);
	if (s->rule->algorithm == SIGNATURE_ED25519)
		return;
	for (size_t i = 0; i < s->source->nsecrets; i++)
		for (int how = KEY_TEXT; how <= KEY_BASE64; how++)
			if (how != (int)s->rule->key &&
			    fits_key(s, &s->source->secrets[i], (enum key_encoding)how, view))
				printf(LABEL "secret %zu would match with key = \"%s\"\n", "hint", i + 1, names[how]);
}

static bool
compare(const struct subject *s, const struct signature_view *view, size_t *position)
{
	bool found = false;

	for (size_t i = 0; i < s->rule->nkeys; i++) {
		size_t place = s->rule->keys[i].secret;
		const struct secret *secret = &s->source->secrets[place];
		enum signature_result result = try_key(s->rule, i, view);
		char label[32];

		snprintf(label, sizeof label, "secret %zu", place + 1);
		printf(LABEL "%s line %u: %s\n", label, secret->file, secret->file_line,
		    result == SIGNATURE_OK	    ? "matches"
			: result == SIGNATURE_WRONG ? "does not match"
						    : "could not be tried");
		if (result == SIGNATURE_OK && !found) {
			found = true;
			*position = place + 1;
		}
	}
	return found;
}

/* Look once more as of the time that the sender says, so that more can be told. */
static enum signature_result
look_then(struct signature_view *view, const struct subject *s)
{
	struct webhook then = *s->webhook;

	then.now_ms = view->timestamp_ms;
	return signature_look(view, s->source, s->rule, &then);
}

static void
print_place(const struct subject *s, size_t index)
{
	const struct signature_rule *rule = s->rule;

	printf("signature %zu of %zu: %s", index + 1, s->source->nsignatures, algorithm_name(rule->algorithm));
	if (!signature_is_credential(rule))
		printf(", %s", rule->encoding == SIGNATURE_HEX ? "hex" : "base64");
	if (rule->item != NULL)
		printf(", tokens that begin with \"%s\"", rule->item);
	putchar('\n');
}

static bool
explain_rule(const struct subject *s, size_t *position)
{
	struct signature_view view;
	enum signature_result result = signature_look(&view, s->source, s->rule, s->webhook), first = result;
	bool match;

	if (view.value == NULL)
		printf(LABEL "not there\n", s->rule->from->text);
	else
		printf(LABEL "%zu bytes\n", s->rule->from->text, strlen(view.value));
	print_tokens(s, &view);
	if (result == SIGNATURE_STALE || result == SIGNATURE_FUTURE) {
		print_age(signature_result_text(result), &view, s);
		result = look_then(&view, s);
	} else if (result == SIGNATURE_OK && view.timestamp.bytes != NULL) {
		print_age("ok", &view, s);
	}
	if (result == SIGNATURE_NO_HEADER)
		printf(LABEL "header %s, which is signed, is not there\n", "signed text", view.absent);
	if (result != SIGNATURE_OK) {
		printf(LABEL "%s\n", "result", signature_result_text(result));
		return false;
	}
	if (!signature_is_credential(s->rule))
		print_signed(&view);
	if (s->rule->nkeys == 0)
		printf(LABEL "none of the secrets is for this signature\n", "secrets");
	match = compare(s, &view, position);
	if (!match)
		print_hints(s, &view);
	if (match && first != SIGNATURE_OK)
		printf(LABEL "%s; the signature itself is right\n", "result", signature_result_text(first));
	else
		printf(LABEL "%s\n", "result", match ? "signature valid" : "signature wrong");
	return match && first == SIGNATURE_OK;
}

bool
explain_signature(const struct source *source, const struct webhook *webhook, size_t *secret)
{
	bool valid = false;

	*secret = 0;
	if (source->unsigned_allowed) {
		puts("signature: none is wanted, the source is unsigned");
		return true;
	}
	for (size_t i = 0; i < source->nsignatures && !valid; i++) {
		struct subject s = {source, &source->signatures[i], webhook};

		print_place(&s, i);
		valid = explain_rule(&s, secret);
	}
	return valid;
}
