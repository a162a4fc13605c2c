/* Of the escapes that may be, only those are made that must be: what is left of a text stays readable. */
#include "json_escape.h"

#include <stdint.h>
#include <string.h>

#include "text.h"

static uint32_t
hex4(const char *p)
{
	return (uint32_t)(text_hex_digit(p[0]) << 12 | text_hex_digit(p[1]) << 8 | text_hex_digit(p[2]) << 4 |
	    text_hex_digit(p[3]));
}

static size_t
put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 63));
		out[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 63));
	out[2] = (char)(0x80 | (c >> 6 & 63));
	out[3] = (char)(0x80 | (c & 63));
	return 4;
}

size_t
json_unescape(char *out, const char *raw, size_t len)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		uint32_t c;

		if (raw[i] != '\\') {
			out[n++] = raw[i];
			continue;
		}
		if (raw[++i] != 'u') {
			out[n++] = to[strchr(from, raw[i]) - from];
			continue;
		}
		c = hex4(raw + i + 1);
		i += 4;
		if (c >= 0xd800 && c < 0xdc00 && i + 6 < len && raw[i + 1] == '\\' && raw[i + 2] == 'u') {
			uint32_t low = hex4(raw + i + 3);

			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				i += 6;
			}
		}
		n += put_utf8(out + n, c);
	}
	return n;
}

size_t
json_escape(char *out, char c)
{
	unsigned char byte = (unsigned char)c;

	if (byte < ' ') {
		memcpy(out, "\\u00", 4);
		out[4] = byte < 0x10 ? '0' : '1';
		out[5] = "0123456789abcdef"[byte & 15];
		return JSON_ESCAPE_MAX;
	}
	if (c != '"' && c != '\\') {
		out[0] = c;
		return 1;
	}
	out[0] = '\\';
	out[1] = c;
	return 2;
}
