/* With the modules that the responder uses: what they find is what is told. */
#include "signature_trace.h"

#include <stdlib.h>
#include <string.h>

#include "signing_key.h"
#include "webhook.h"

struct subject {
	const struct source *source;
	const struct signature_rule *rule;
	const struct webhook *webhook;
};

static enum signature_result
try_key(const struct signature_rule *rule, size_t index, const struct signature_view *view)
{
	struct signing_key *key = signing_key_new(rule, index);
	struct signing_key_text text = {view, NULL};
	enum signature_result result = key != NULL ? signing_key_check(key, &text) : SIGNATURE_FAILED;

	free(text.bytes);
	signing_key_free(key);
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

static bool
fits_longer_body(const struct subject *s)
{
	size_t len = s->webhook->body_len;
	char *longer = malloc(len + 1);
	bool fits = false;

	if (longer != NULL) {
		memcpy(longer, s->webhook->body, len);
		longer[len] = '\n';
		fits = fits_body(s, longer, len + 1);
	}
	free(longer);
	return fits;
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

static void
look_for_hints(struct signature_hints *hints, const struct subject *s, const struct signature_view *view)
{
	size_t len = s->webhook->body_len;

	if (signature_is_credential(s->rule))
		return;
	hints->without_newline =
	    len > 0 && s->webhook->body[len - 1] == '\n' && fits_body(s, s->webhook->body, len - 1);
	hints->with_newline = fits_longer_body(s);
	if (s->rule->algorithm == SIGNATURE_ED25519)
		return;
	for (size_t i = 0; i < s->source->nsecrets; i++)
		for (int how = KEY_TEXT; how < SIGNATURE_KEY_ENCODINGS; how++)
			hints->key_as[i][how] = how != (int)s->rule->key &&
			    fits_key(s, &s->source->secrets[i], (enum key_encoding)how, view);
}

static void
compare(struct signature_trace *trace, const struct signature_rule *rule)
{
	for (size_t i = 0; i < rule->nkeys; i++) {
		trace->keys[i] = try_key(rule, i, &trace->view);
		if (trace->keys[i] == SIGNATURE_OK && !trace->matches) {
			trace->matches = true;
			trace->secret = rule->keys[i].secret + 1;
		}
	}
}

/* Once more as of the time that the sender says, so that more can be told. */
static enum signature_result
look_then(struct signature_view *view, const struct subject *s)
{
	struct webhook then = *s->webhook;

	then.now_ms = view->timestamp_ms;
	return signature_look(view, s->source, s->rule, &then);
}

void
signature_trace(struct signature_trace *trace, const struct source *source, const struct signature_rule *rule,
    const struct webhook *webhook)
{
	const struct subject s = {source, rule, webhook};

	trace->seen = trace->then = signature_look(&trace->view, source, rule, webhook);
	trace->matches = false;
	trace->secret = 0;
	memset(&trace->hints, 0, sizeof trace->hints);
	if (trace->seen == SIGNATURE_STALE || trace->seen == SIGNATURE_FUTURE)
		trace->then = look_then(&trace->view, &s);
	if (trace->then != SIGNATURE_OK)
		return;
	compare(trace, rule);
	if (!trace->matches)
		look_for_hints(&trace->hints, &s, &trace->view);
}
