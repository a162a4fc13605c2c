/* The keys that signature rules make of a source's secrets. */
#include "conf_parts.h"

#include <openssl/crypto.h>
#include <string.h>

#include "../lib/base64.h"
#include "../lib/text.h"

#define ED25519_KEY_BYTES 32 /* RFC 8032 */

static bool
has_prefix(const struct secret *secret, const char *prefix)
{
	size_t len = strlen(prefix);

	return secret->len > len && memcmp(secret->bytes, prefix, len) == 0;
}

ssize_t
conf_key_decode(const struct signature_rule *rule, const char *text, size_t len, unsigned char *out)
{
	switch (rule->key) {
	case KEY_TEXT:
		memcpy(out, text, len);
		return (ssize_t)len;
	case KEY_HEX:
		return text_hex_decode(text, len, out) == 0 ? (ssize_t)(len / 2) : -1;
	case KEY_BASE64:
		return base64_decode(text, len, out, CONF_SECRET_BYTES);
	}
	return -1;
}

/* What a key of LEN bytes is not, or NULL. */
static const char *
wrong(const struct signature_rule *rule, const unsigned char *bytes, ssize_t len)
{
	if (len <= 0)
		return rule->key == KEY_HEX ? "hex" : "Base64";
	if (rule->algorithm == SIGNATURE_ED25519 && len != ED25519_KEY_BYTES)
		return "a public key of 32 bytes";
	if (rule->algorithm == SIGNATURE_BASIC && memchr(bytes, ':', (size_t)len) == NULL)
		return "user:password";
	return NULL;
}

/* The secret at INDEX as RULE's key. */
static void
add_key(struct conf_reader *r, const struct source *source, size_t index, struct signature_rule *rule)
{
	const struct secret *secret = &source->secrets[index];
	struct setting where = {.file = secret->file, .line = secret->file_line};
	size_t skip = rule->key_prefix != NULL && has_prefix(secret, rule->key_prefix) ? strlen(rule->key_prefix) : 0;
	struct signature_key *key = &rule->keys[rule->nkeys];
	unsigned char bytes[CONF_SECRET_BYTES];
	ssize_t len = conf_key_decode(rule, (const char *)secret->bytes + skip, secret->len - skip, bytes);
	const char *what = wrong(rule, bytes, len);

	if (what != NULL) {
		conf_complain(r, &where, "this secret of source '%s' is not %s", source->name, what);
	} else if ((key->bytes = conf_array(r, (size_t)len, 1)) != NULL) {
		memcpy(key->bytes, bytes, (size_t)len);
		key->len = (size_t)len;
		key->secret = index;
		rule->nkeys++;
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
}

/*
 * A secret is a key of the rules whose key-prefix it begins with, and of those that have none; if there is no such rule, of the first
 * one: senders show the same key with and without its prefix.
 */
void
conf_keys_make(struct conf_reader *r, struct source *source)
{
	for (size_t i = 0; i < source->nsecrets; i++) {
		bool used = false;

		for (size_t j = 0; source->secrets[i].bytes != NULL && j < source->nsignatures; j++) {
			struct signature_rule *rule = &source->signatures[j];

			if (rule->key_prefix == NULL || has_prefix(&source->secrets[i], rule->key_prefix)) {
				add_key(r, source, i, rule);
				used = true;
			}
		}
		if (!used && source->secrets[i].bytes != NULL && source->nsignatures > 0)
			add_key(r, source, i, &source->signatures[0]);
	}
}
