/* Base64 (RFC 4648, section 4), strictly: padded, no blanks, the one canonical form.  The coding itself is OpenSSL's. */
#ifndef HOOKSPOOL_BASE64_H
#define HOOKSPOOL_BASE64_H

#include <stddef.h>
#include <sys/types.h>

#define BASE64_BYTES_MAX 1536			    /* that can be coded */
#define BASE64_TEXT_SIZE(n) (((n) + 2) / 3 * 4 + 1) /* of N bytes, terminated */

/* Decode LEN characters into OUT (SIZE bytes).  Returns the number of bytes, or -1: not canonical Base64, or too long. */
ssize_t base64_decode(const char *text, size_t len, unsigned char *out, size_t size);

/* LEN bytes (at most BASE64_BYTES_MAX) into OUT, which has BASE64_TEXT_SIZE(LEN) bytes. */
void base64_encode(char *out, const unsigned char *bytes, size_t len);

#endif
