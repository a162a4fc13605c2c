/*
 * A key, ready to be used again and again: what it makes of a signed text, or whether a signature is its own.
 */
#ifndef HOOKSPOOL_SIGNING_KEY_H
#define HOOKSPOOL_SIGNING_KEY_H

#include "signature_view.h"

struct signing_key;

/* The key at INDEX of the rule, which is borrowed.  Returns owned, or NULL with errno. */
struct signing_key *signing_key_new(const struct signature_rule *, size_t index);
void signing_key_free(struct signing_key *);

/* Where the signed text lies in one piece, for algorithms that want it so; made when it is first needed. */
struct signing_key_text {
	const struct signature_view *view;
	unsigned char *bytes; /* NULL at first; the caller frees it */
};

/*
 * Whether one of the view's candidates is this key's.  SIGNATURE_OK, SIGNATURE_WRONG or SIGNATURE_FAILED; the time does not depend on
 * where the bytes differ.
 */
enum signature_result signing_key_check(struct signing_key *, struct signing_key_text *);

/* The HMAC of PIECES; OUT has SIGNATURE_BYTES_MAX bytes.  Returns its length, or 0: failed, or no HMAC's key. */
size_t signing_key_hmac(struct signing_key *, const struct signature_piece *pieces, size_t n, unsigned char *out);

#endif
