/*
 * A key, ready to be used again and again: what it makes of a signed text, or whether a signature is its own.
 */
#ifndef HOOKSPOOL_SIGNATURE_KEY_H
#define HOOKSPOOL_SIGNATURE_KEY_H

#include "signature_view.h"

struct key;

/* The key at INDEX of the rule, which is borrowed.  Returns owned, or NULL with errno. */
struct key *key_new(const struct signature_rule *, size_t index);
void key_free(struct key *);

/* Where the signed text lies in one piece, for algorithms that want it so; made when it is first needed. */
struct key_text {
	const struct signature_view *view;
	unsigned char *bytes; /* NULL at first; the caller frees it */
};

/*
 * Whether one of the view's candidates is this key's.  SIGNATURE_OK, SIGNATURE_WRONG or SIGNATURE_FAILED; the time does not depend on
 * where the bytes differ.
 */
enum signature_result key_check(struct key *, struct key_text *);

/* The HMAC of PIECES; OUT has SIGNATURE_BYTES_MAX bytes.  Returns its length, or 0: failed, or no HMAC's key. */
size_t key_hmac(struct key *, const struct signature_piece *pieces, size_t n, unsigned char *out);

#endif
