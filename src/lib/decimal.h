/*
 * Numbers of a JSON text (RFC 8259, section 6), compared as they are written: no double, no limit to their digits.
 */
#ifndef HOOKSPOOL_DECIMAL_H
#define HOOKSPOOL_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

/* LEN bytes, a JSON number each.  Less than, equal to or greater than 0, as A is less than, equal to or greater than B. */
int decimal_compare(const char *a, size_t a_len, const char *b, size_t b_len);

/* Whether the value has no fraction: 5, 5.0 and 50e-1 have none. */
bool decimal_is_integer(const char *number, size_t len);

/* Whether TEXT, terminated, is a JSON number; the others take that for granted. */
bool decimal_valid(const char *text);

#endif
