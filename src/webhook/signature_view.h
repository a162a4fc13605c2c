/*
 * What a webhook shows of a signature, before any key is used: the tokens of the value, the timestamp, the signed text.
 */
#ifndef HOOKSPOOL_SIGNATURE_VIEW_H
#define HOOKSPOOL_SIGNATURE_VIEW_H

#include "../conf/conf.h"
#include "../lib/base64.h"
#include "signature.h"

#define SIGNATURE_BYTES_MAX 64 /* SHA-512, Ed25519 */

enum token_kind {
	TOKEN_OTHER,	   /* not of this rule: ignored, which also shuts out downgrades */
	TOKEN_TIMESTAMP,   /* the item that carries the timestamp */
	TOKEN_UNDECODABLE, /* of this rule, but neither the encoding nor the length of a signature */
	TOKEN_CANDIDATE
};

struct signature_token {
	enum token_kind kind;
	const char *text; /* without the item */
	size_t len;
	unsigned char bytes[SIGNATURE_BYTES_MAX]; /* of a candidate, decoded; not of a credential */
};

struct signature_piece {
	const char *bytes;
	size_t len;
};

/* Borrows from rule, source and webhook. */
struct signature_view {
	const char *value;		  /* where the rule looks, or NULL: nothing there */
	struct signature_piece timestamp; /* as sent; the bytes are NULL: none */
	uint64_t timestamp_ms;		  /* 0: not a number */
	const char *absent;		  /* CGI variable of a signed header that is not there, or NULL */
	size_t ntokens, candidates, npieces;
	size_t signed_len;
	struct signature_token tokens[SIGNATURE_TOKENS_MAX];
	struct signature_piece pieces[CONF_TEMPLATE_MAX]; /* the signed text */
	/* Decoded, where they had to be: the value from a query, a timestamp from a query, a "user:password". */
	char value_room[SIGNATURE_HEADER_MAX + 1], timestamp_room[32], credential[BASE64_BYTES_MAX];
};

/* Bytes of a signature of this algorithm. */
size_t signature_size(enum signature_algorithm);

/* How many signatures times keys are compared by the rule, at most; a webhook that would need more is malformed. */
size_t signature_pairs_max(const struct signature_rule *);

/* The signed text into the view, whose timestamp is set if the rule has one; signature_look() does this too. */
void signature_assemble(
    struct signature_view *, const struct source *, const struct signature_rule *, const struct webhook *);

/* The signed text in one piece, view->signed_len bytes.  Returns owned, or NULL. */
unsigned char *signature_join(const struct signature_view *);

/*
 * Look at the webhook by one rule.  Returns SIGNATURE_OK when there is something to compare, or why there is not; the view is filled as far
 * as that.
 */
enum signature_result signature_look(
    struct signature_view *, const struct source *, const struct signature_rule *, const struct webhook *);

#endif
