/*
 * The escapes inside a JSON string (RFC 8259, section 7): made, and resolved.
 */
#ifndef HOOKSPOOL_JSON_ESCAPE_H
#define HOOKSPOOL_JSON_ESCAPE_H

#include <stddef.h>

#define JSON_ESCAPE_MAX 6 /* bytes of the longest, \u001f */

/*
 * C as it stands in a string: '"', '\\' and what is below a blank escaped, any other byte as it is.  OUT has JSON_ESCAPE_MAX bytes.
 * Returns how many of them it takes.
 */
size_t json_escape(char *out, char c);

/* Resolve the escapes of a raw, valid string into OUT (LEN bytes are enough).  A lone surrogate gives its three WTF-8 bytes. */
size_t json_unescape(char *out, const char *raw, size_t len);

#endif
