/* hookspool sign SOURCE: the header lines that authenticate the body on standard input, for curl -H @-. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/conf.h"
#include "../responder/signature.h"
#include "verbs.h"

/* Returns owned, or NULL after a message. */
static char *
read_body(size_t *len)
{
	size_t size = 65536, n;
	char *body = malloc(size), *larger;

	*len = 0;
	while (body != NULL && *len < CONF_BODY_LIMIT) {
		if ((n = fread(body + *len, 1, size - *len, stdin)) == 0)
			return body;
		if ((*len += n) < size)
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

/* No headers of a request are known here. */
static const char *
no_param(void *context, const char *name)
{
	(void)context;
	(void)name;
	return NULL;
}

int
sign_main(const struct conf *conf, int argc, char **argv)
{
	const struct source *source = argc == 2 ? conf_source(conf, argv[1]) : NULL;
	struct signature_input input = {.method = "POST", .param = no_param};
	char value[SIGNATURE_TEXT_MAX];
	char *body;
	int failed;

	if (argc != 2)
		return usage_error("sign takes a source's name, and the body on standard input");
	if (source == NULL) {
		fprintf(stderr, "hookspool: %s has no source \"%s\"\n", conf->file, argv[1]);
		return EXIT_FAILURE;
	}
	if (source->unsigned_allowed)
		return EXIT_SUCCESS;
	if (source->signature.from->kind != SELECTOR_HEADER) {
		fprintf(
		    stderr, "hookspool: source \"%s\" has its signature in the query, not in a header\n", source->name);
		return EXIT_FAILURE;
	}
	if ((body = read_body(&input.body_len)) == NULL)
		return EXIT_FAILURE;
	input.body = body;
	failed = signature_sign(source, &input, 0, value, sizeof value);
	free(body);
	if (failed != 0) {
		fprintf(stderr, "hookspool: can't sign: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	printf("%s: %s\n", source->signature.from->text + strlen("header:"), value);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
