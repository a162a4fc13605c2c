/* Bytes as text: UTF-8, control characters, what of it can be shown, hexadecimal. */
#ifndef HOOKSPOOL_TEXT_H
#define HOOKSPOOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the UTF-8 sequence that S begins with (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF); 0: none. */
size_t text_utf8(const unsigned char *s, size_t len);

/* How many characters are in LEN bytes of UTF-8; in others, how many bytes that begin one. */
size_t text_characters(const char *text, size_t len);

/* No control characters: none below a blank, and no DEL. */
bool text_printable(const char *text, size_t len);

/* UTF-8, and no control characters. */
bool text_plain(const char *text, size_t len);

/*
 * Write BYTES, LEN of them, into OUT (SIZE bytes, always terminated) with control characters, DEL and invalid UTF-8
 * as \xHH and backslash as it is.  Cuts at a whole character.  Returns OUT.
 */
char *text_visible(char *out, size_t size, const char *bytes, size_t len);

/* The value of a hexadecimal digit of either case, or -1. */
int text_hex_digit(char c);

/* Decode LEN digits into OUT, LEN / 2 bytes.  Returns 0, or -1: not an even number of digits. */
int text_hex_decode(const char *text, size_t len, unsigned char *out);

/* LEN bytes as lower-case hexadecimal into OUT (2 * LEN + 1 bytes, terminated). */
void text_hex(char *out, const unsigned char *bytes, size_t len);

/* Whether two NULL-terminated lists have the same texts in the same order. */
bool text_same_list(char *const *, char *const *);

#endif
