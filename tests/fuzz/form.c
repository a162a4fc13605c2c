/* Forms: the value is what a plain reading of the standard, field by field, finds. */
#include "../../src/lib/form.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "fuzz.h"

const char fuzz_name[] = "form";
unsigned long fuzz_accepted;

static int
digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Decodes LEN bytes to OUT; an encoding that is none stays as it is, which WHATWG wants and form_value() refuses: *BAD. */
static size_t
decode(const char *text, size_t len, char *out, bool *bad)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '+') {
			out[n++] = ' ';
		} else if (text[i] == '%' && i + 2 < len && isxdigit((unsigned char)text[i + 1]) &&
		    isxdigit((unsigned char)text[i + 2])) {
			out[n++] = (char)(digit(text[i + 1]) * 16 + digit(text[i + 2]));
			i += 2;
		} else {
			*bad |= text[i] == '%';
			out[n++] = text[i];
		}
	}
	return n;
}

/* How many fields have NAME; VALUE is the first one's. */
static unsigned
look(const char *text, size_t len, const char *name, char *value, size_t *value_len)
{
	char *decoded = malloc(len + 1);
	unsigned found = 0;
	bool bad = false;

	for (const char *at = text, *end = text + len; at < end;) {
		const char *amp = memchr(at, '&', (size_t)(end - at));
		const char *stop = amp != NULL ? amp : end, *equal = memchr(at, '=', (size_t)(stop - at));
		size_t n = decode(at, (size_t)((equal != NULL ? equal : stop) - at), decoded, &bad);

		if (stop > at && n == strlen(name) && memcmp(decoded, name, n) == 0 && found++ == 0)
			*value_len = equal != NULL ? decode(equal + 1, (size_t)(stop - equal - 1), value, &bad) : 0;
		at = stop + 1;
	}
	free(decoded);
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1), *value = malloc(len + 1), *expected = malloc(len + 1);
	size_t value_len = 0, expected_len = 0;
	enum form_result result;
	unsigned found;

	memcpy(text, bytes, len);
	found = look(text, len, "payload", expected, &expected_len);
	result = form_value(text, len, "payload", value, len + 1, &value_len);
	FUZZ_HOLDS(result != FORM_LONG);
	if (result == FORM_OK) {
		FUZZ_HOLDS(found == 1 && value_len == expected_len && memcmp(value, expected, value_len) == 0);
		FUZZ_HOLDS(value[value_len] == '\0' && strlen(value) == value_len);
		fuzz_accepted++;
	}
	if (result == FORM_ABSENT)
		FUZZ_HOLDS(found == 0);
	if (result == FORM_TWICE)
		FUZZ_HOLDS(found > 1);
	free(text);
	free(value);
	free(expected);
	return 0;
}
