/*
 * From an authenticated body to an event: parse, find the selected values, check the declared fields.
 */
#ifndef HOOKSPOOL_VALIDATE_H
#define HOOKSPOOL_VALIDATE_H

#include <stddef.h>

#include "../lib/event.h"

struct source;
struct validator;

enum validate_result { VALIDATE_OK, VALIDATE_JSON, VALIDATE_FIELD, VALIDATE_NO_MEMORY };

/* Where values other than the body's come from: a CGI variable, or NULL. */
struct validate_input {
	const char *body;
	size_t body_len;
	const char *(*param)(void *, const char *cgi_name);
	void *context;
};

/* Compiles the source's selectors; one per thread, because it has the room for their texts.  Borrows SOURCE. */
struct validator *validator_new(const struct source *);
void validator_free(struct validator *);

/*
 * Fill EVENT's type, id, key, lane and variables; they borrow from the validator until its next use.  Otherwise the event's reason
 * is set, and *SELECTOR is the configuration's text of the value that was refused (VALIDATE_FIELD), else NULL.
 */
enum validate_result validate(
    struct validator *, const struct validate_input *, struct event *event, const char **selector);

#endif
