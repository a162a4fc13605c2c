/* Reading a body whole. */
#include "body.h"

#include <stdio.h>
#include <stdlib.h>

#include "../protocol/event.h"

char *
body_read(size_t *len)
{
	size_t size = 65536, n;
	char *body = malloc(size), *larger;

	*len = 0;
	while (body != NULL && *len <= EVENT_BODY_MAX) {
		if ((n = fread(body + *len, 1, size - 1 - *len, stdin)) == 0)
			return body;
		if ((*len += n) < size - 1)
			continue;
		size *= 2;
		if ((larger = realloc(body, size)) == NULL)
			break;
		body = larger;
	}
	fputs("hookspool: the body is too long\n", stderr);
	free(body);
	return NULL;
}
