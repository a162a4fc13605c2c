#include "answer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Length of the body that starts at BODY in chunks, or 0 when its end is not there yet. */
static size_t
chunks_length(const char *body)
{
	const char *p = body;
	char *end;
	unsigned long size;

	for (;;) {
		size = strtoul(p, &end, 16);
		if (end == p || size > ANSWER_MAX || (end = strstr(end, "\r\n")) == NULL)
			return 0;
		if (strlen(end + 2) < size + 2)
			return 0;
		p = end + 2 + size + 2;
		if (size == 0)
			return (size_t)(p - body);
	}
}

const char *
answer_body(char *answer, size_t got, int *status, bool *closes)
{
	char *end, *field;
	const char *body;
	size_t len;

	answer[got] = '\0';
	if ((end = strstr(answer, "\r\n\r\n")) == NULL)
		return NULL;
	body = end + 4;
	end[2] = '\0';
	*status = strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : 0;
	*closes = strcasestr(answer, "\r\nConnection: close\r\n") != NULL;
	field = strcasestr(answer, "\r\nContent-Length:");
	if (field != NULL)
		len = strtoul(field + strlen("\r\nContent-Length:"), NULL, 10);
	else if (strcasestr(answer, "\r\nTransfer-Encoding: chunked\r\n") == NULL || (len = chunks_length(body)) == 0)
		len = SIZE_MAX;
	end[2] = '\r';
	return len <= strlen(body) ? body : NULL;
}
