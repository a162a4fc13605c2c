/* Step by step through the rules, as signature_trace() finds them. */
#include "explain_signature.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/text.h"
#include "../webhook/signature_trace.h"
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

	printf(LABEL "\"%s\"%s (%zu bytes)\n", label, text_visible(visible, sizeof visible, text, shown),
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
				       : text_visible(head, sizeof head, token->text, token->len < 8 ? token->len : 8),
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

static void
print_hints(const struct subject *s, const struct signature_hints *hints)
{
	static const char *const names[] = {[KEY_TEXT] = "text", [KEY_HEX] = "hex", [KEY_BASE64] = "base64"};

	if (hints->without_newline)
		printf(LABEL
		    "it would match without the newline at the end of the body: was it added when the body was saved?\n",
		    "hint");
	if (hints->with_newline)
		printf(LABEL "it would match with one more newline at the end of the body\n", "hint");
	for (size_t i = 0; i < s->source->nsecrets; i++)
		for (size_t how = 0; how < SIGNATURE_KEY_ENCODINGS; how++)
			if (hints->key_as[i][how])
				printf(LABEL "secret %zu would match with key = \"%s\"\n", "hint", i + 1, names[how]);
}

static void
print_keys(const struct subject *s, const struct signature_trace *trace)
{
	for (size_t i = 0; i < s->rule->nkeys; i++) {
		size_t place = s->rule->keys[i].secret;
		const struct secret *secret = &s->source->secrets[place];
		char label[32];

		snprintf(label, sizeof label, "secret %zu", place + 1);
		printf(LABEL "%s line %u: %s\n", label, secret->file, secret->file_line,
		    trace->keys[i] == SIGNATURE_OK	    ? "matches"
			: trace->keys[i] == SIGNATURE_WRONG ? "does not match"
							    : "could not be tried");
	}
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

static void
print_value(const struct subject *s, const struct signature_trace *trace)
{
	const struct signature_view *view = &trace->view;

	if (view->value == NULL)
		printf(LABEL "not there\n", s->rule->from->text);
	else
		printf(LABEL "%zu bytes\n", s->rule->from->text, strlen(view->value));
	print_tokens(s, view);
	if (trace->seen == SIGNATURE_STALE || trace->seen == SIGNATURE_FUTURE)
		print_age(signature_result_text(trace->seen), view, s);
	else if (trace->seen == SIGNATURE_OK && view->timestamp.bytes != NULL)
		print_age("ok", view, s);
	if (view->candidates * s->rule->nkeys > signature_pairs_max(s->rule))
		printf(LABEL "%zu tokens times %zu secrets are more than the %zu that are compared\n", "too many",
		    view->candidates, s->rule->nkeys, signature_pairs_max(s->rule));
	if (trace->then == SIGNATURE_NO_HEADER)
		printf(LABEL "header %s, which is signed, is not there\n", "signed text", view->absent);
}

static bool
explain_rule(const struct subject *s, size_t *position)
{
	static struct signature_trace trace;

	signature_trace(&trace, s->source, s->rule, s->webhook);
	print_value(s, &trace);
	if (trace.then != SIGNATURE_OK) {
		printf(LABEL "%s\n", "result", signature_result_text(trace.then));
		return false;
	}
	if (!signature_is_credential(s->rule))
		print_signed(&trace.view);
	if (s->rule->nkeys == 0)
		printf(LABEL "none of the secrets is for this signature\n", "secrets");
	print_keys(s, &trace);
	print_hints(s, &trace.hints);
	if (trace.matches && trace.seen != SIGNATURE_OK)
		printf(LABEL "%s; the signature itself is right\n", "result", signature_result_text(trace.seen));
	else
		printf(LABEL "%s\n", "result", trace.matches ? "signature valid" : "signature wrong");
	if (trace.matches)
		*position = trace.secret;
	return trace.matches && trace.seen == SIGNATURE_OK;
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
