/*
 * One rule for every sender's signature: take the value, split it, trim, keep the tokens that start with the item, decode, compare
 * each with each secret's digest of the signed text, in constant time.  HMAC: RFC 2104, through OpenSSL's EVP_MAC.
 */
#ifndef HOOKSPOOL_SIGNATURE_H
#define HOOKSPOOL_SIGNATURE_H

#include <stddef.h>

struct source;
struct signer;

#define SIGNATURE_HEADER_MAX 4096 /* bytes of the header's value; a longer one is refused */
#define SIGNATURE_TOKENS_MAX 16	  /* candidates in one value */
#define SIGNATURE_TEXT_MAX 512	  /* bytes of a value that signature_sign() writes */

enum signature_result {
	SIGNATURE_OK,
	SIGNATURE_MISSING,   /* no value, or no token with the item */
	SIGNATURE_MALFORMED, /* too long, too many tokens, or none that decodes to a digest's length */
	SIGNATURE_WRONG,
	SIGNATURE_FAILED /* the library failed: out of memory */
};

/* What a signature may cover.  PARAM gives a CGI variable of the request, or NULL. */
struct signature_input {
	const char *body;
	size_t body_len;
	const char *method;
	const char *(*param)(void *, const char *cgi_name);
	void *context;
};

/* The source's secrets, keyed and ready; one per thread.  Borrows SOURCE.  Returns owned, or NULL with errno. */
struct signer *signer_new(const struct source *);
void signer_free(struct signer *);

/*
 * Check the request.  *SECRET is the position of the secret that matched.  The sender is told nothing but "unauthorized",
 * whatever the result.  A source that is unsigned is always SIGNATURE_OK.
 */
enum signature_result signature_check(struct signer *, const struct signature_input *, size_t *secret);

/* "signature missing" and the like, for the log. */
const char *signature_result_text(enum signature_result);

/*
 * The value of the source's signature header for INPUT under the secret at position SECRET, into OUT (SIZE bytes).
 * Returns 0, or -1 with errno.
 */
int signature_sign(const struct source *, const struct signature_input *, size_t secret, char *out, size_t size);

#endif
