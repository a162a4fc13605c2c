/* Keys.  Nothing of a key or of what it makes is ever logged. */
#include "signing_key.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/digest.h"

struct signing_key {
	const struct signature_rule *rule;
	EVP_MAC_CTX *hmac;
	EVP_PKEY *public_key;
	unsigned char credential[DIGEST_SIZE]; /* so that also the lengths are compared in constant time */
};

static EVP_MAC_CTX *
new_hmac(enum signature_algorithm algorithm, const struct signature_key *secret)
{
	const char *digest = algorithm == SIGNATURE_HMAC_SHA1 ? "SHA1"
	    : algorithm == SIGNATURE_HMAC_SHA512	      ? "SHA512"
							      : "SHA256";
	/* The library only reads the name, whatever its type says. */
	OSSL_PARAM parameters[2] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)digest, 0),
	    OSSL_PARAM_construct_end()};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	if (context != NULL && EVP_MAC_init(context, secret->bytes, secret->len, parameters) == 1)
		return context;
	EVP_MAC_CTX_free(context);
	return NULL;
}

struct signing_key *
signing_key_new(const struct signature_rule *rule, size_t index)
{
	const struct signature_key *secret = &rule->keys[index];
	struct signing_key *key = calloc(1, sizeof *key);
	bool good;

	if (key == NULL)
		return NULL;
	key->rule = rule;
	if (signature_is_credential(rule)) {
		good = digest_bytes(key->credential, secret->bytes, secret->len) == 0;
	} else if (rule->algorithm == SIGNATURE_ED25519) {
		key->public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, secret->bytes, secret->len);
		good = key->public_key != NULL;
	} else {
		key->hmac = new_hmac(rule->algorithm, secret);
		good = key->hmac != NULL;
	}
	if (good)
		return key;
	signing_key_free(key);
	errno = ENOMEM;
	return NULL;
}

void
signing_key_free(struct signing_key *key)
{
	if (key == NULL)
		return;
	EVP_MAC_CTX_free(key->hmac);
	EVP_PKEY_free(key->public_key);
	OPENSSL_cleanse(key->credential, sizeof key->credential);
	free(key);
}

/* The keyed context is only re-initialised, which is what makes it cheap. */
size_t
signing_key_hmac(struct signing_key *key, const struct signature_piece *pieces, size_t n, unsigned char *out)
{
	size_t len;

	if (key->hmac == NULL || EVP_MAC_init(key->hmac, NULL, 0, NULL) != 1)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (EVP_MAC_update(key->hmac, (const unsigned char *)pieces[i].bytes, pieces[i].len) != 1)
			return 0;
	return EVP_MAC_final(key->hmac, out, &len, SIGNATURE_BYTES_MAX) == 1 ? len : 0;
}

static enum signature_result
check_hmac(struct signing_key *key, const struct signature_view *view)
{
	unsigned char expected[SIGNATURE_BYTES_MAX];
	size_t len = signing_key_hmac(key, view->pieces, view->npieces, expected);
	bool equal = false;

	if (len != signature_size(key->rule->algorithm))
		return SIGNATURE_FAILED;
	for (size_t i = 0; i < view->ntokens; i++)
		if (view->tokens[i].kind == TOKEN_CANDIDATE)
			equal |= CRYPTO_memcmp(view->tokens[i].bytes, expected, len) == 0;
	OPENSSL_cleanse(expected, sizeof expected);
	return equal ? SIGNATURE_OK : SIGNATURE_WRONG;
}

static enum signature_result
check_credential(struct signing_key *key, const struct signature_view *view)
{
	unsigned char shown[DIGEST_SIZE];
	bool equal = false;

	for (size_t i = 0; i < view->ntokens; i++) {
		if (view->tokens[i].kind != TOKEN_CANDIDATE)
			continue;
		if (digest_bytes(shown, view->tokens[i].text, view->tokens[i].len) != 0)
			return SIGNATURE_FAILED;
		equal |= CRYPTO_memcmp(shown, key->credential, sizeof shown) == 0;
	}
	return equal ? SIGNATURE_OK : SIGNATURE_WRONG;
}

static enum signature_result
check_ed25519(struct signing_key *key, struct signing_key_text *text)
{
	const struct signature_view *view = text->view;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	enum signature_result result = SIGNATURE_WRONG;

	if (text->bytes == NULL)
		text->bytes = signature_join(view);
	if (context == NULL || text->bytes == NULL) {
		EVP_MD_CTX_free(context);
		return SIGNATURE_FAILED;
	}
	for (size_t i = 0; i < view->ntokens && result == SIGNATURE_WRONG; i++) {
		if (view->tokens[i].kind != TOKEN_CANDIDATE)
			continue;
		if (EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->public_key) != 1)
			result = SIGNATURE_FAILED;
		else if (EVP_DigestVerify(
			     context, view->tokens[i].bytes, SIGNATURE_BYTES_MAX, text->bytes, view->signed_len) == 1)
			result = SIGNATURE_OK;
		EVP_MD_CTX_reset(context);
	}
	EVP_MD_CTX_free(context);
	return result;
}

enum signature_result
signing_key_check(struct signing_key *key, struct signing_key_text *text)
{
	if (signature_is_credential(key->rule))
		return check_credential(key, text->view);
	return key->public_key != NULL ? check_ed25519(key, text) : check_hmac(key, text->view);
}
