/*
 * Selectors name a value of a webhook: "body:/json/pointer" (RFC 6901), "header:Name", "query:name", "form:name" (of a body that is a
 * form), "digest" (SHA-256 of the body, lower-case hex).
 */
#ifndef HOOKSPOOL_SELECTOR_H
#define HOOKSPOOL_SELECTOR_H

#include <stddef.h>

#include "../lib/json.h"

enum selector_kind {
	SELECTOR_BODY,	 /* POINTER */
	SELECTOR_HEADER, /* NAME: the header as CGI variable, "HTTP_X_GITHUB_EVENT" or "CONTENT_TYPE" */
	SELECTOR_QUERY,	 /* NAME: the parameter */
	SELECTOR_FORM,	 /* NAME: the field */
	SELECTOR_DIGEST
};

struct selector {
	enum selector_kind kind;
	char *text; /* as configured */
	char *name;
	struct json_pointer pointer;
	size_t place; /* SELECTOR_BODY: in the source's plan */
};

#define SELECTOR_TEXT_MAX JSON_POINTER_TEXT_MAX /* bytes of a selector */

/* Returns owned, or NULL with *WHY saying what is wrong with TEXT (a constant string). */
struct selector *selector_parse(const char *text, const char **why);

/* The same for a bare JSON Pointer, such as a field's title "/customer/id". */
struct selector *selector_parse_pointer(const char *pointer, const char **why);

void selector_free(struct selector *);

/* Where what it finds may have come from: letters as event_key_add() takes them.  A constant. */
const char *selector_origins(const struct selector *);

#endif
