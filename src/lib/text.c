/* UTF-8, what of it a terminal might act on, and hexadecimal. */
#include "text.h"

#include <string.h>

static const char hex[] = "0123456789abcdef";

size_t
text_utf8(const unsigned char *s, size_t len)
{
	unsigned char low = 0x80, high = 0xbf; /* bounds of the second byte */
	size_t n;

	if (len == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		n = 2;
	} else if ((s[0] & 0xf0) == 0xe0) {
		n = 3;
		low = s[0] == 0xe0 ? 0xa0 : 0x80;
		high = s[0] == 0xed ? 0x9f : 0xbf;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		n = 4;
		low = s[0] == 0xf0 ? 0x90 : 0x80;
		high = s[0] == 0xf4 ? 0x8f : 0xbf;
	} else {
		return 0;
	}
	if (len < n || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

size_t
text_characters(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

int
text_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
text_hex_decode(const char *text, size_t len, unsigned char *out)
{
	for (size_t i = 0; i + 1 < len; i += 2) {
		int high = text_hex_digit(text[i]), low = text_hex_digit(text[i + 1]);

		if (high < 0 || low < 0)
			return -1;
		*out++ = (unsigned char)(high << 4 | low);
	}
	return len % 2 == 0 ? 0 : -1;
}

void
text_hex(char *out, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		*out++ = hex[bytes[i] >> 4];
		*out++ = hex[bytes[i] & 15];
	}
	*out = '\0';
}

bool
text_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

bool
text_plain(const char *text, size_t len)
{
	for (size_t i = 0, n; i < len; i += n)
		if ((n = text_utf8((const unsigned char *)text + i, len - i)) == 0)
			return false;
	return text_printable(text, len);
}

/* C0 and C1 controls, DEL: what a terminal might act on. */
static bool
is_control(const unsigned char *s, size_t n)
{
	return (n == 1 && (s[0] < 0x20 || s[0] == 0x7f)) || (n == 2 && s[0] == 0xc2 && s[1] < 0xa0);
}

char *
text_visible(char *out, size_t size, const char *bytes, size_t len)
{
	const unsigned char *s = (const unsigned char *)bytes;
	size_t at = 0;

	if (size == 0)
		return out;
	for (size_t i = 0; i < len;) {
		size_t n = text_utf8(s + i, len - i);

		if (n > 0 && !is_control(s + i, n)) {
			if (at + n >= size)
				break;
			memcpy(out + at, s + i, n);
			at += n;
			i += n;
			continue;
		}
		if (n == 0)
			n = 1;
		if (at + 4 * n >= size)
			break;
		for (; n > 0; n--, i++) {
			out[at++] = '\\';
			out[at++] = 'x';
			out[at++] = hex[s[i] >> 4];
			out[at++] = hex[s[i] & 15];
		}
	}
	out[at] = '\0';
	return out;
}

bool
text_same_list(char *const *a, char *const *b)
{
	for (; *a != NULL && *b != NULL; a++, b++)
		if (strcmp(*a, *b) != 0)
			return false;
	return *a == *b; /* both at their ends */
}
