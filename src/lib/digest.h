/*
 * SHA-256 (FIPS 180-4) as text.
 */
#ifndef HOOKSPOOL_DIGEST_H
#define HOOKSPOOL_DIGEST_H

#include <stddef.h>

#define DIGEST_TEXT_SIZE 65 /* hex, terminated */

/* Of LEN bytes, into OUT.  Returns 0, or -1: it could not be computed. */
int digest_text(char *out, const void *bytes, size_t len);

#endif
