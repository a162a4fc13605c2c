/* The part of explain that is about authentication. */
#ifndef HOOKSPOOL_EXPLAIN_SIGNATURE_H
#define HOOKSPOOL_EXPLAIN_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

struct source;
struct webhook;

/*
 * Print how the webhook would be authenticated, rule by rule; *SECRET is the position of the secret that matched, from 1 on; 0: none.  Neither a secret nor what
 * would have been right is printed.  Returns whether it would be.
 */
bool explain_signature(const struct source *, const struct webhook *, size_t *secret);

/* "  label  text", the text made visible and cut. */
void explain_text(const char *label, const char *text, size_t len);

#endif
