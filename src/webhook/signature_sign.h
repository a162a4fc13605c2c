/*
 * The other side: signing as a sender would, so that anyone can try a source.
 */
#ifndef HOOKSPOOL_SIGNATURE_SIGN_H
#define HOOKSPOOL_SIGNATURE_SIGN_H

#include "signature_view.h"

#define SIGNATURE_TEXT_MAX 2048 /* bytes of a value that signature_sign() writes */

struct signature_signing {
	const struct source *source;
	const struct signature_rule *rule;
	size_t key;		 /* of the rule's keys; of no matter with a private key */
	const char *private_key; /* file of an Ed25519 private key, or NULL */
	const char *timestamp;	 /* as it will be sent; of no matter without a timestamp in the rule */
};

/*
 * The value that the rule looks for, for the webhook, into OUT (SIZE bytes).  Returns NULL, or why it could not be done: a constant.
 * A private key's file is PEM (RFC 8410), or has the seed, or seed and public key, in the encoding of the rule's keys, perhaps behind a
 * prefix that ends in '_'.
 */
const char *signature_sign(const struct signature_signing *, const struct webhook *, char *out, size_t size);

#endif
