/* Complaints, and what is made in memory. */
#include "conf_reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/log.h"
#include "../lib/text.h"

void
conf_complain(struct conf_reader *r, const struct setting *where, const char *format, ...)
{
	char text[LOG_LINE_MAX], visible[LOG_LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_visible(visible, sizeof(visible), text, strlen(text));
	r->complaints++;
	if (where != NULL && where->file != NULL && where->line != 0)
		fprintf(r->errors, "%s:%u: %s\n", where->file, where->line, visible);
	else if (where != NULL && where->file != NULL)
		fprintf(r->errors, "%s: %s\n", where->file, visible);
	else
		fprintf(r->errors, "hookspool: %s\n", visible);
}

char *
conf_copy(struct conf_reader *r, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		conf_complain(r, NULL, "out of memory");
	return copy;
}

void *
conf_array(struct conf_reader *r, size_t n, size_t size)
{
	void *array = calloc(n, size);

	if (array == NULL)
		conf_complain(r, NULL, "out of memory");
	return array;
}

ssize_t
conf_fill(int fd, void *bytes, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = read(fd, (char *)bytes + len, size - len)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		len += (size_t)n;
	}
	return (ssize_t)len;
}
