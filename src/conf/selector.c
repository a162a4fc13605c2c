/*
 * Reading selectors.  They come from the configuration, so that a bad one is explained; what they find comes from the network.
 */
#include "selector.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Unescape one reference token (RFC 6901, section 4).  Returns owned, or NULL: a bad escape or no memory. */
static char *
token(const char *text, size_t len)
{
	char *out = malloc(len + 1), *p = out;

	for (size_t i = 0; out != NULL && i < len; i++) {
		if (text[i] != '~') {
			*p++ = text[i];
		} else if (i + 1 < len && (text[i + 1] == '0' || text[i + 1] == '1')) {
			*p++ = text[++i] == '0' ? '~' : '/';
		} else {
			free(out);
			return NULL;
		}
	}
	if (out != NULL)
		*p = '\0';
	return out;
}

static const char *
parse_tokens(struct selector *s, const char *pointer)
{
	if (*pointer != '\0' && *pointer != '/')
		return "a JSON Pointer is empty or begins with '/'";
	if ((s->pointer.tokens = calloc(JSON_POINTER_MAX, sizeof s->pointer.tokens[0])) == NULL)
		return "out of memory";
	while (*pointer == '/') {
		size_t len = strcspn(++pointer, "/");

		if (s->pointer.ntokens == JSON_POINTER_MAX)
			return "the JSON Pointer has too many parts";
		if ((s->pointer.tokens[s->pointer.ntokens] = token(pointer, len)) == NULL)
			return "in a JSON Pointer '~' is written ~0 and '/' inside a name ~1";
		s->pointer.ntokens++;
		pointer += len;
	}
	return NULL;
}

/* CGI gives headers as HTTP_NAME; '_' is not taken because CGI can't tell it from '-'. */
static const char *
parse_header(struct selector *s, const char *name)
{
	bool plain = strcasecmp(name, "Content-Type") == 0 || strcasecmp(name, "Content-Length") == 0;
	size_t prefix = plain ? 0 : 5;

	if (*name == '\0')
		return "a header selector needs the header's name";
	if ((s->name = malloc(prefix + strlen(name) + 1)) == NULL)
		return "out of memory";
	memcpy(s->name, "HTTP_", prefix);
	for (size_t i = 0; i <= strlen(name); i++) {
		char c = name[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		else if (c == '-')
			c = '_';
		else if (c != '\0' && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
			return "a header's name has letters, digits and '-' only";
		s->name[prefix + i] = c;
	}
	return NULL;
}

/* Of a query or a form. */
static const char *
parse_parameter(struct selector *s, const char *name)
{
	if (*name == '\0')
		return "a query or form selector needs the parameter's name";
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")] != '\0')
		return "a parameter's name has letters, digits, '_', '.' and '-' only";
	return (s->name = strdup(name)) == NULL ? "out of memory" : NULL;
}

static const char *
parse(struct selector *s, const char *text)
{
	if (strncmp(text, "body:", 5) == 0) {
		s->kind = SELECTOR_BODY;
		return parse_tokens(s, text + 5);
	}
	if (strncmp(text, "header:", 7) == 0) {
		s->kind = SELECTOR_HEADER;
		return parse_header(s, text + 7);
	}
	if (strncmp(text, "query:", 6) == 0) {
		s->kind = SELECTOR_QUERY;
		return parse_parameter(s, text + 6);
	}
	if (strncmp(text, "form:", 5) == 0) {
		s->kind = SELECTOR_FORM;
		return parse_parameter(s, text + 5);
	}
	s->kind = SELECTOR_DIGEST;
	return strcmp(text, "digest") == 0
	    ? NULL
	    : "a selector is body:/pointer, header:Name, query:name, form:name or digest";
}

static struct selector *
make(const char *text, const char **why, const char *(*how)(struct selector *, const char *))
{
	struct selector *s = calloc(1, sizeof *s);

	*why = "out of memory";
	if (s == NULL)
		return NULL;
	if (strlen(text) > SELECTOR_TEXT_MAX)
		*why = "the selector is too long";
	else if ((s->text = strdup(text)) != NULL)
		*why = how(s, text);
	if (*why == NULL)
		return s;
	selector_free(s);
	return NULL;
}

struct selector *
selector_parse(const char *text, const char **why)
{
	return make(text, why, parse);
}

struct selector *
selector_parse_pointer(const char *pointer, const char **why)
{
	return make(pointer, why, parse_tokens);
}

void
selector_free(struct selector *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->pointer.ntokens; i++)
		free(s->pointer.tokens[i]);
	free(s->pointer.tokens);
	free(s->text);
	free(s->name);
	free(s);
}

const char *
selector_origins(const struct selector *selector)
{
	static const char *const origins[] = {
	    [SELECTOR_BODY] = "snb",
	    [SELECTOR_HEADER] = "h",
	    [SELECTOR_QUERY] = "q",
	    [SELECTOR_FORM] = "f",
	    [SELECTOR_DIGEST] = "d",
	};

	return origins[selector->kind];
}
