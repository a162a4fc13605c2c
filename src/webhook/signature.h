/*
 * One rule for every sender's signature: take the value, split it, trim, keep the tokens that start with the item, decode, compare
 * each with what each key makes of the signed text, in constant time.  HMAC: RFC 2104, through OpenSSL's EVP_MAC; Ed25519:
 * RFC 8032, through EVP_DigestVerify.
 */
#ifndef HOOKSPOOL_SIGNATURE_H
#define HOOKSPOOL_SIGNATURE_H

#include <stddef.h>

struct source;
struct signer;
struct webhook;

#define SIGNATURE_HEADER_MAX 4096 /* bytes of the header's value; a longer one is refused */
#define SIGNATURE_TOKENS_MAX 32	  /* tokens in one value */
#define SIGNATURE_PAIRS_MAX 64	  /* signatures times keys that are compared; more are refused */
#define SIGNATURE_PAIRS_SLOW 16	  /* the same for Ed25519, where each costs some 100 us */

/* In the order of how far a webhook came: of several rules, the one that came farthest says why it is refused. */
enum signature_result {
	SIGNATURE_OK,
	SIGNATURE_MISSING,   /* no value, or no token with the item */
	SIGNATURE_MALFORMED, /* too long, too many tokens or pairs, or none that decodes to a signature's length */
	SIGNATURE_NO_TIMESTAMP,
	SIGNATURE_BAD_TIMESTAMP, /* not a decimal number */
	SIGNATURE_STALE,
	SIGNATURE_FUTURE,
	SIGNATURE_NO_HEADER, /* one that is signed is not there */
	SIGNATURE_WRONG,
	SIGNATURE_FAILED /* the library failed: out of memory */
};

/* The source's keys, ready; one per thread.  Borrows SOURCE.  Returns owned, or NULL with errno. */
struct signer *signer_new(const struct source *);
void signer_free(struct signer *);

/*
 * Check the webhook by each rule of the source.  *SECRET is the position of the secret that matched, from 1 on, in the order of the
 * configuration and of the lines in its files; 0: none, or the source is unsigned, which is always SIGNATURE_OK.
 * The sender is told nothing but "unauthorized", whatever the result.
 */
enum signature_result signature_check(struct signer *, const struct webhook *, size_t *secret);

/*
 * The HMAC of TEXT under the secret at POSITION (from 1 on) in lower-case hex, by the source's first rule that is an HMAC.  OUT has
 * SIGNATURE_HMAC_SIZE bytes.  Returns 0, or -1: no such secret or rule, or out of memory.
 */
#define SIGNATURE_HMAC_SIZE 129
int signature_hmac(struct signer *, size_t position, const char *text, size_t len, char *out);

/* "signature missing" and the like, for the log. */
const char *signature_result_text(enum signature_result);

#endif
