/* Forms: one pass, nothing kept but what was asked for. */
#include "form.h"

#include <stdbool.h>
#include <string.h>

#include "text.h"

/* The byte at *AT, decoded, or -1; *AT moves behind it. */
static int
next_byte(const char **at, const char *end)
{
	char c = *(*at)++;
	int high, low;

	if (c == '+')
		return ' ';
	if (c != '%')
		return (unsigned char)c;
	if (end - *at < 2 || (high = text_hex_digit((*at)[0])) < 0 || (low = text_hex_digit((*at)[1])) < 0)
		return -1;
	*at += 2;
	return high << 4 | low;
}

static bool
is_name(const char *at, const char *end, const char *name)
{
	while (at < end && *name != '\0')
		if (next_byte(&at, end) != (unsigned char)*name++)
			return false;
	return at == end && *name == '\0';
}

static enum form_result
decode(const char *at, const char *end, char *out, size_t size, size_t *len)
{
	*len = 0;
	while (at < end) {
		int c = next_byte(&at, end);

		if (c <= 0)
			return c == 0 ? FORM_NUL : FORM_ENCODING;
		if (*len + 1 >= size)
			return FORM_LONG;
		out[(*len)++] = (char)c;
	}
	out[*len] = '\0';
	return FORM_OK;
}

enum form_result
form_value(const char *text, size_t len, const char *name, char *out, size_t size, size_t *out_len)
{
	const char *end = text + len;
	enum form_result result = FORM_ABSENT;

	while (text < end) {
		const char *next = memchr(text, '&', (size_t)(end - text)), *equals;

		if (next == NULL)
			next = end;
		equals = memchr(text, '=', (size_t)(next - text));
		if (is_name(text, equals != NULL ? equals : next, name)) {
			if (result != FORM_ABSENT)
				return FORM_TWICE;
			result = decode(equals != NULL ? equals + 1 : next, next, out, size, out_len);
			if (result != FORM_OK)
				return result;
		}
		text = next < end ? next + 1 : end;
	}
	return result;
}

const char *
form_result_text(enum form_result result)
{
	switch (result) {
	case FORM_TWICE:
		return "is there twice";
	case FORM_ENCODING:
		return "is badly encoded";
	case FORM_NUL:
		return "has a NUL character";
	case FORM_LONG:
		return "is too long";
	default:
		return NULL;
	}
}
