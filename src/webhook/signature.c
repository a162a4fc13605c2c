/* Signature checking: each rule of the source, and of each rule, each key. */
#include "signature.h"

#include <stdlib.h>

#include "../lib/text.h"
#include "signing_key.h"

struct signer {
	const struct source *source;
	struct signing_key *keys[CONF_SIGNATURES_MAX][CONF_SECRETS_MAX];
};

struct signer *
signer_new(const struct source *source)
{
	struct signer *signer = calloc(1, sizeof *signer);

	if (signer == NULL)
		return NULL;
	signer->source = source;
	for (size_t i = 0; i < source->nsignatures; i++)
		for (size_t j = 0; j < source->signatures[i].nkeys; j++)
			if ((signer->keys[i][j] = signing_key_new(&source->signatures[i], j)) == NULL) {
				signer_free(signer);
				return NULL;
			}
	return signer;
}

void
signer_free(struct signer *signer)
{
	if (signer == NULL)
		return;
	for (size_t i = 0; i < CONF_SIGNATURES_MAX; i++)
		for (size_t j = 0; j < CONF_SECRETS_MAX; j++)
			signing_key_free(signer->keys[i][j]);
	free(signer);
}

static enum signature_result
check_rule(struct signer *signer, size_t index, const struct webhook *webhook, size_t *secret)
{
	const struct signature_rule *rule = &signer->source->signatures[index];
	struct signature_view view;
	struct signing_key_text text = {&view, NULL};
	enum signature_result result;

	if (rule->nkeys == 0)
		return SIGNATURE_MISSING;
	if ((result = signature_look(&view, signer->source, rule, webhook)) != SIGNATURE_OK)
		return result;
	result = SIGNATURE_WRONG;
	for (size_t i = 0; i < rule->nkeys && result == SIGNATURE_WRONG; i++)
		if ((result = signing_key_check(signer->keys[index][i], &text)) == SIGNATURE_OK)
			*secret = rule->keys[i].secret + 1;
	free(text.bytes);
	return result;
}

enum signature_result
signature_check(struct signer *signer, const struct webhook *webhook, size_t *secret)
{
	enum signature_result worst = SIGNATURE_MISSING;

	*secret = 0;
	if (signer->source->unsigned_allowed)
		return SIGNATURE_OK;
	for (size_t i = 0; i < signer->source->nsignatures; i++) {
		enum signature_result result = check_rule(signer, i, webhook, secret);

		if (result == SIGNATURE_OK)
			return result;
		if (result > worst)
			worst = result;
	}
	return worst;
}

int
signature_hmac(struct signer *signer, size_t position, const char *text, size_t len, char *out)
{
	const struct signature_piece piece = {text, len};
	unsigned char bytes[SIGNATURE_BYTES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < signer->source->nsignatures; i++) {
		const struct signature_rule *rule = &signer->source->signatures[i];

		for (size_t j = 0; j < rule->nkeys && n == 0; j++)
			if (rule->keys[j].secret + 1 == position)
				n = signing_key_hmac(signer->keys[i][j], &piece, 1, bytes);
	}
	if (n == 0)
		return -1;
	text_hex(out, bytes, n);
	return 0;
}

const char *
signature_result_text(enum signature_result result)
{
	static const char *const text[] = {
	    [SIGNATURE_OK] = "signature valid",
	    [SIGNATURE_MISSING] = "signature missing",
	    [SIGNATURE_MALFORMED] = "signature malformed",
	    [SIGNATURE_NO_TIMESTAMP] = "timestamp missing",
	    [SIGNATURE_BAD_TIMESTAMP] = "timestamp malformed",
	    [SIGNATURE_STALE] = "timestamp too old",
	    [SIGNATURE_FUTURE] = "timestamp in the future",
	    [SIGNATURE_NO_HEADER] = "a signed header missing",
	    [SIGNATURE_WRONG] = "signature wrong",
	    [SIGNATURE_FAILED] = "signature could not be checked",
	};

	return text[result];
}
