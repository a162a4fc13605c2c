/* Headers of a webhook that nobody has sent yet, or any more. */
#include "headers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/selector.h"

static int
set(struct headers *headers, const char *name, char *value)
{
	char *both;

	for (size_t i = 0; i < headers->n; i++) {
		if (strcmp(headers->names[i], name) != 0)
			continue;
		if (asprintf(&both, "%s, %s", headers->values[i], value) == -1)
			both = NULL;
		free(value);
		if (both == NULL)
			return -1;
		free(headers->values[i]);
		headers->values[i] = both;
		return 0;
	}
	if (headers->n < HEADERS_MAX && value != NULL && (headers->names[headers->n] = strdup(name)) != NULL) {
		headers->values[headers->n++] = value;
		return 0;
	}
	free(value);
	return -1;
}

int
headers_set(struct headers *headers, const char *cgi_name, const char *value)
{
	return set(headers, cgi_name, strdup(value));
}

static int
add_header(struct headers *headers, const char *line, const char *colon)
{
	char text[SELECTOR_TEXT_MAX];
	const char *why, *value = colon + 1 + strspn(colon + 1, " \t");
	size_t len = strcspn(value, "\r\n");
	struct selector *selector;
	int result;

	if ((size_t)snprintf(text, sizeof text, "header:%.*s", (int)(colon - line), line) >= sizeof text ||
	    (selector = selector_parse(text, &why)) == NULL)
		return -1;
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	result = set(headers, selector->name, strndup(value, len));
	selector_free(selector);
	return result;
}

/* "POST /path?query HTTP/1.1" */
static int
add_request(struct headers *headers, const char *line)
{
	char method[16], target[HEADERS_LINE_MAX];
	const char *query;

	if (sscanf(line, "%15[A-Z] %8191s HTTP/", method, target) != 2)
		return -1;
	query = strchr(target, '?');
	return headers_set(headers, "REQUEST_METHOD", method) != 0 ||
		(query != NULL && headers_set(headers, "QUERY_STRING", query + 1) != 0)
	    ? -1
	    : 0;
}

int
headers_add(struct headers *headers, const char *line)
{
	const char *colon;

	if (strncmp(line, "> ", 2) == 0)
		line += 2;
	colon = strchr(line, ':');
	if (colon != NULL && colon > line && strcspn(line, " \t/") > (size_t)(colon - line))
		return add_header(headers, line, colon);
	return add_request(headers, line);
}

int
headers_read(struct headers *headers, const char *name)
{
	FILE *file = fopen(name, "re");
	char line[HEADERS_LINE_MAX];
	unsigned number = 0;
	int result = 0;

	if (file == NULL) {
		fprintf(stderr, "hookspool: %s: %s\n", name, strerror(errno));
		return -1;
	}
	while (result == 0 && fgets(line, sizeof line, file) != NULL) {
		number++;
		if (line[strspn(line, "> \r\n")] == '\0')
			break;
		if (strchr(line, '\n') == NULL && !feof(file))
			result = -1;
		else
			result = headers_add(headers, line);
	}
	if (result != 0)
		fprintf(stderr, "hookspool: %s:%u: this is neither \"Name: value\" nor \"POST /path HTTP/1.1\"\n", name,
		    number);
	fclose(file);
	return result;
}

const char *
headers_param(void *context, const char *name)
{
	const struct headers *headers = context;

	for (size_t i = 0; i < headers->n; i++)
		if (strcmp(headers->names[i], name) == 0)
			return headers->values[i];
	return NULL;
}

void
headers_free(struct headers *headers)
{
	for (size_t i = 0; i < headers->n; i++) {
		free(headers->names[i]);
		free(headers->values[i]);
	}
	headers->n = 0;
}
