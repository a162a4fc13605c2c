/* Signing.  Secrets are read, used, and cleansed. */
#include "signature_sign.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/text.h"
#include "signing_key.h"

#define SEED_BYTES 32 /* RFC 8032 */

/* The key in the first line of FILE. */
static EVP_PKEY *
read_seed(FILE *file, const struct signature_rule *rule)
{
	unsigned char bytes[CONF_SECRET_BYTES];
	char line[CONF_SECRET_BYTES + 2];
	EVP_PKEY *key = NULL;
	const char *text;
	ssize_t len;

	if (fgets(line, sizeof line, file) == NULL)
		return NULL;
	line[strcspn(line, "\r\n")] = '\0';
	text = strrchr(line, '_') != NULL ? strrchr(line, '_') + 1 : line;
	len = strlen(text) <= CONF_SECRET_BYTES ? conf_key_decode(rule, text, strlen(text), bytes) : -1;
	if (len == SEED_BYTES || len == 2 * SEED_BYTES)
		key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, bytes, SEED_BYTES);
	OPENSSL_cleanse(bytes, sizeof bytes);
	OPENSSL_cleanse(line, sizeof line);
	return key;
}

static EVP_PKEY *
read_private_key(const char *name, const struct signature_rule *rule)
{
	FILE *file = fopen(name, "re");
	EVP_PKEY *key;

	if (file == NULL)
		return NULL;
	if ((key = PEM_read_PrivateKey(file, NULL, NULL, NULL)) == NULL) {
		rewind(file);
		key = read_seed(file, rule);
	}
	fclose(file);
	return key;
}

static const char *
sign_ed25519(const struct signature_signing *signing, const struct signature_view *view, unsigned char *out)
{
	EVP_PKEY *key = signing->private_key != NULL ? read_private_key(signing->private_key, signing->rule) : NULL;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char *text = signature_join(view);
	size_t len = SIGNATURE_BYTES_MAX;
	const char *why = "OpenSSL can't sign with this key: is it one for Ed25519?";

	if (key == NULL)
		why = signing->private_key != NULL ? "the private key can't be read"
						   : "a source with public keys needs --key and a private key's file";
	else if (context != NULL && text != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(context, out, &len, text, view->signed_len) == 1 && len == SIGNATURE_BYTES_MAX)
		why = NULL;
	free(text);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return why;
}

static const char *
sign_hmac(const struct signature_signing *signing, const struct signature_view *view, unsigned char *out)
{
	struct signing_key *key = signing_key_new(signing->rule, signing->key);
	size_t len = key != NULL ? signing_key_hmac(key, view->pieces, view->npieces, out) : 0;

	signing_key_free(key);
	return len != 0 ? NULL : "out of memory";
}

/* Credentials are shown as they are. */
static const char *
write_credential(const struct signature_signing *signing, char *out, size_t size)
{
	const struct signature_rule *rule = signing->rule;
	const struct signature_key *key = &rule->keys[signing->key];
	char text[BASE64_TEXT_SIZE(CONF_SECRET_BYTES)];
	int n;

	if (rule->algorithm == SIGNATURE_BASIC)
		base64_encode(text, key->bytes, key->len);
	else
		snprintf(text, sizeof text, "%.*s", (int)key->len, (const char *)key->bytes);
	n = snprintf(out, size, "%s%s",
	    rule->algorithm == SIGNATURE_BASIC	      ? "Basic "
		: rule->algorithm == SIGNATURE_BEARER ? "Bearer "
		: rule->item != NULL		      ? rule->item
						      : "",
	    text);
	OPENSSL_cleanse(text, sizeof text);
	return n > 0 && (size_t)n < size ? NULL : "the secret is too long";
}

/* "t=1700000000,v1=…" */
static const char *
write_value(const struct signature_signing *signing, const unsigned char *bytes, char *out, size_t size)
{
	const struct signature_rule *rule = signing->rule;
	size_t len = signature_size(rule->algorithm);
	char text[2 * SIGNATURE_BYTES_MAX + 1], time[64] = "";
	int n;

	if (rule->encoding == SIGNATURE_BASE64)
		base64_encode(text, bytes, len);
	else
		text_hex(text, bytes, len);
	if (rule->timestamp_item != NULL)
		snprintf(time, sizeof time, "%s%s%c", rule->timestamp_item, signing->timestamp, rule->split[0]);
	n = snprintf(out, size, "%s%s%s", time, rule->item != NULL ? rule->item : "", text);
	return n > 0 && (size_t)n < size ? NULL : "the value is too long";
}

const char *
signature_sign(const struct signature_signing *signing, const struct webhook *webhook, char *out, size_t size)
{
	unsigned char bytes[SIGNATURE_BYTES_MAX];
	struct signature_view view;
	const char *why;

	memset(&view, 0, sizeof view);
	view.timestamp = (struct signature_piece){signing->timestamp, strlen(signing->timestamp)};
	if (signature_is_credential(signing->rule))
		return write_credential(signing, out, size);
	signature_assemble(&view, signing->source, signing->rule, webhook);
	if (view.absent != NULL)
		return "a header that is signed is not given";
	why = signing->rule->algorithm == SIGNATURE_ED25519 ? sign_ed25519(signing, &view, bytes)
							    : sign_hmac(signing, &view, bytes);
	return why != NULL ? why : write_value(signing, bytes, out, size);
}
