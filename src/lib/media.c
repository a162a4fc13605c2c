/* Compared without regard to case, as RFC 9110 has it. */
#include "media.h"

#include <string.h>
#include <strings.h>

/* Without parameters. */
static size_t
essence(const char *type, size_t len)
{
	size_t n = 0;

	while (n < len && strchr("; \t", type[n]) == NULL)
		n++;
	return n;
}

static bool
is(const char *type, size_t len, const char *name)
{
	return len == strlen(name) && strncasecmp(type, name, len) == 0;
}

bool
media_is_json(const char *type, size_t len)
{
	len = essence(type, len);
	return is(type, len, "application/json") ||
	    (len > 5 && memchr(type, '/', len) != NULL && is(type + len - 5, 5, "+json"));
}

bool
media_is_form(const char *type, size_t len)
{
	return is(type, essence(type, len), "application/x-www-form-urlencoded");
}
