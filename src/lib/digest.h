/*
 * SHA-256 (FIPS 180-4): as bytes, and as text.
 */
#ifndef HOOKSPOOL_DIGEST_H
#define HOOKSPOOL_DIGEST_H

#include <stddef.h>

#define DIGEST_SIZE 32			       /* bytes */
#define DIGEST_TEXT_SIZE (2 * DIGEST_SIZE + 1) /* lower-case hex, terminated */

/* Of LEN bytes, into OUT, DIGEST_SIZE or DIGEST_TEXT_SIZE bytes.  Return 0, or -1: it could not be computed. */
int digest_bytes(unsigned char *out, const void *bytes, size_t len);
int digest_text(char *out, const void *bytes, size_t len);

#endif
