/*
 * The text of a value that the scanner found.  The bytes were checked by the scan; what has no text in UTF-8, or could not be a C
 * string, is refused here.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "json_escape.h"

/* json_unescape() writes a surrogate without its other half as if it were a character; valid UTF-8 has none. */
static bool
has_lone_surrogate(const char *utf8, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if ((unsigned char)utf8[i] == 0xed && (unsigned char)utf8[i + 1] >= 0xa0)
			return true;
	return false;
}

enum json_text_result
json_text(const struct json_value *value, char *out, size_t size, size_t *len)
{
	char *text;
	size_t n;
	enum json_text_result result = JSON_TEXT_OK;

	if (value->type != JSON_STRING && value->type != JSON_NUMBER && value->type != JSON_BOOLEAN)
		return JSON_TEXT_TYPE;
	if (value->type != JSON_STRING || memchr(value->bytes, '\\', value->len) == NULL) {
		size_t quote = value->type == JSON_STRING;

		n = value->len - 2 * quote;
		if (n >= size)
			return JSON_TEXT_LONG;
		memcpy(out, value->bytes + quote, n);
		out[n] = '\0';
		*len = n;
		return JSON_TEXT_OK;
	}
	if (value->len > 6 * size) /* six bytes of an escape make at least one */
		return JSON_TEXT_LONG;
	if ((text = malloc(value->len)) == NULL)
		return JSON_TEXT_LONG;
	n = json_unescape(text, value->bytes + 1, value->len - 2);
	if (memchr(text, '\0', n) != NULL)
		result = JSON_TEXT_NUL;
	else if (has_lone_surrogate(text, n))
		result = JSON_TEXT_SURROGATE;
	else if (n >= size)
		result = JSON_TEXT_LONG;
	else {
		memcpy(out, text, n);
		out[n] = '\0';
		*len = n;
	}
	free(text);
	return result;
}
