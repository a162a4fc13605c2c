/* Signature checking.  Nothing of a signature, a digest or a secret is ever logged. */
#include "signature.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/conf.h"
#include "../lib/text.h"

#define DIGEST_MAX 64 /* SHA-512 */

struct signer {
	const struct source *source;
	size_t digest_len;
	EVP_MAC_CTX *keyed[CONF_SECRETS_MAX];
};

static const char *
digest_name(enum signature_algorithm algorithm)
{
	return algorithm == SIGNATURE_HMAC_SHA1 ? "SHA1" : algorithm == SIGNATURE_HMAC_SHA512 ? "SHA512" : "SHA256";
}

static EVP_MAC_CTX *
keyed_context(EVP_MAC *mac, const char *digest, const struct secret *secret)
{
	/* The library only reads the name, whatever its type says. */
	OSSL_PARAM parameters[2] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)digest, 0),
	    OSSL_PARAM_construct_end()};
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);

	if (context != NULL && EVP_MAC_init(context, secret->bytes, secret->len, parameters) == 1)
		return context;
	EVP_MAC_CTX_free(context);
	return NULL;
}

struct signer *
signer_new(const struct source *source)
{
	struct signer *signer = calloc(1, sizeof *signer);
	EVP_MAC *mac;

	if (signer == NULL)
		return NULL;
	signer->source = source;
	if (source->unsigned_allowed)
		return signer;
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	for (size_t i = 0; mac != NULL && i < source->nsecrets; i++) {
		signer->keyed[i] = keyed_context(mac, digest_name(source->signature.algorithm), &source->secrets[i]);
		if (signer->keyed[i] == NULL)
			break;
		signer->digest_len = EVP_MAC_CTX_get_mac_size(signer->keyed[i]);
	}
	EVP_MAC_free(mac);
	if (source->nsecrets > 0 && signer->keyed[source->nsecrets - 1] != NULL)
		return signer;
	signer_free(signer);
	errno = ENOMEM;
	return NULL;
}

void
signer_free(struct signer *signer)
{
	if (signer == NULL)
		return;
	for (size_t i = 0; i < CONF_SECRETS_MAX; i++)
		EVP_MAC_CTX_free(signer->keyed[i]);
	free(signer);
}

static const char *
param(const struct signature_input *input, const char *name)
{
	return input->param(input->context, name);
}

static bool
add(EVP_MAC_CTX *context, const char *text, size_t len)
{
	return EVP_MAC_update(context, (const unsigned char *)text, len) == 1;
}

static bool
add_part(EVP_MAC_CTX *context, const struct source *source, const struct signed_part *part,
    const struct signature_input *input)
{
	const char *text = NULL;

	switch (part->kind) {
	case SIGNED_BODY:
		return add(context, input->body, input->body_len);
	case SIGNED_LITERAL:
		text = part->text;
		break;
	case SIGNED_METHOD:
		text = input->method;
		break;
	case SIGNED_URL:
		text = source->url;
		break;
	case SIGNED_HEADER:
		text = param(input, part->text);
		break;
	}
	return text == NULL || add(context, text, strlen(text));
}

/* The digest of the signed text under one secret; the keyed context is only re-initialised, which is what makes it cheap. */
static bool
digest(struct signer *signer, size_t secret, const struct signature_input *input, unsigned char *out)
{
	EVP_MAC_CTX *context = signer->keyed[secret];
	const struct signature_rule *rule = &signer->source->signature;
	size_t len;

	if (EVP_MAC_init(context, NULL, 0, NULL) != 1)
		return false;
	for (size_t i = 0; i < rule->nparts; i++)
		if (!add_part(context, signer->source, &rule->parts[i], input))
			return false;
	return EVP_MAC_final(context, out, &len, DIGEST_MAX) == 1 && len == signer->digest_len;
}

static bool
decode_hex(const char *text, size_t len, unsigned char *out, size_t want)
{
	if (len != 2 * want)
		return false;
	for (size_t i = 0; i < want; i++) {
		int high = text_hex_digit(text[2 * i]), low = text_hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* Strict: the digest's one canonical form, which is found by encoding again. */
static bool
decode_base64(const char *text, size_t len, unsigned char *out, size_t want)
{
	unsigned char bytes[DIGEST_MAX + 4], again[DIGEST_MAX * 2];

	if (len != (want + 2) / 3 * 4 || EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len) < 0)
		return false;
	if (EVP_EncodeBlock(again, bytes, (int)want) != (int)len || memcmp(again, text, len) != 0)
		return false;
	memcpy(out, bytes, want);
	return true;
}

struct candidates {
	size_t n, len;
	unsigned char digest[SIGNATURE_TOKENS_MAX][DIGEST_MAX];
};

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

/* Tokens of VALUE that decode to a digest.  What does not start with the item is ignored, which also shuts out downgrades. */
static enum signature_result
collect(const struct signer *signer, const char *value, struct candidates *c)
{
	const struct signature_rule *rule = &signer->source->signature;
	const char *split = rule->split != NULL ? rule->split : "", *item = rule->item != NULL ? rule->item : "";
	size_t item_len = strlen(item), tokens = 0;

	for (;;) {
		size_t len = *split != '\0' ? strcspn(value, split) : strlen(value), token_len = len;
		const char *token = value;

		trim(&token, &token_len);
		if (token_len > item_len && memcmp(token, item, item_len) == 0) {
			if (++tokens > SIGNATURE_TOKENS_MAX)
				return SIGNATURE_MALFORMED;
			if ((rule->encoding == SIGNATURE_HEX ? decode_hex : decode_base64)(
				token + item_len, token_len - item_len, c->digest[c->n], signer->digest_len))
				c->n++;
		}
		if (value[len] == '\0')
			break;
		value += len + 1;
	}
	return tokens == 0 ? SIGNATURE_MISSING : c->n == 0 ? SIGNATURE_MALFORMED : SIGNATURE_OK;
}

/* Each candidate against each secret; the time does not depend on where they differ. */
enum signature_result
signature_check(struct signer *signer, const struct signature_input *input, size_t *secret)
{
	struct candidates candidates = {0};
	unsigned char expected[DIGEST_MAX];
	enum signature_result result;
	const char *value;

	*secret = 0;
	if (signer->source->unsigned_allowed)
		return SIGNATURE_OK;
	value = param(input, signer->source->signature.from->name);
	if (value == NULL || *value == '\0')
		return SIGNATURE_MISSING;
	if (strlen(value) > SIGNATURE_HEADER_MAX)
		return SIGNATURE_MALFORMED;
	if ((result = collect(signer, value, &candidates)) != SIGNATURE_OK)
		return result;
	result = SIGNATURE_WRONG;
	for (size_t i = 0; i < signer->source->nsecrets && result == SIGNATURE_WRONG; i++) {
		if (!digest(signer, i, input, expected))
			return SIGNATURE_FAILED;
		for (size_t j = 0; j < candidates.n; j++)
			if (CRYPTO_memcmp(candidates.digest[j], expected, signer->digest_len) == 0) {
				*secret = i;
				result = SIGNATURE_OK;
			}
	}
	OPENSSL_cleanse(expected, sizeof expected);
	return result;
}

const char *
signature_result_text(enum signature_result result)
{
	static const char *const text[] = {
	    [SIGNATURE_OK] = "signature valid",
	    [SIGNATURE_MISSING] = "signature missing",
	    [SIGNATURE_MALFORMED] = "signature malformed",
	    [SIGNATURE_WRONG] = "signature wrong",
	    [SIGNATURE_FAILED] = "signature could not be checked",
	};

	return text[result];
}

int
signature_sign(const struct source *source, const struct signature_input *input, size_t secret, char *out, size_t size)
{
	const char *item = source->signature.item != NULL ? source->signature.item : "";
	struct signer *signer = signer_new(source);
	unsigned char bytes[DIGEST_MAX];
	char text[2 * DIGEST_MAX + 1];
	int n = -1;

	if (signer == NULL)
		return -1;
	if (secret < source->nsecrets && digest(signer, secret, input, bytes)) {
		if (source->signature.encoding == SIGNATURE_BASE64)
			EVP_EncodeBlock((unsigned char *)text, bytes, (int)signer->digest_len);
		else
			text_hex(text, bytes, signer->digest_len);
		n = snprintf(out, size, "%s%s", item, text);
	}
	signer_free(signer);
	errno = EINVAL;
	return n < 0 || (size_t)n >= size ? -1 : 0;
}
