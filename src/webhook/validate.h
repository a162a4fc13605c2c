/*
 * From an authenticated body to an event: parse, find the selected values, check the declared fields.
 */
#ifndef HOOKSPOOL_VALIDATE_H
#define HOOKSPOOL_VALIDATE_H

#include <stddef.h>

#include "../protocol/event.h"
#include "select.h"

struct source;
struct validator;

enum validate_result { VALIDATE_OK, VALIDATE_JSON, VALIDATE_FIELD, VALIDATE_NO_MEMORY };

/* What a request has: its body, and where its CGI variables come from. */
struct validate_input {
	const char *body;
	size_t body_len;
	const char *(*param)(void *, const char *cgi_name);
	void *context;
};

/* Makes the source's rules ready; one per thread, because it has the room for their texts.  Borrows SOURCE. */
struct validator *validator_new(const struct source *);
void validator_free(struct validator *);

/* Take up a request, borrowed until the next one.  What selectors see of it; of the body only what is not JSON. */
struct select *validate_begin(struct validator *, const struct validate_input *);

/*
 * Find the JSON and parse it.  Anything but VALIDATE_OK sets EVENT's reason; *SELECTOR is then the configuration's text of the value that was
 * refused (VALIDATE_FIELD), else NULL.
 */
enum validate_result validate_parse(struct validator *, struct event *event, const char **selector);

/*
 * After that: check the fields, and fill EVENT's type, id, key, guard, lane and variables; they borrow from the validator until its next
 * use.  Refuses as validate_parse() does.
 */
enum validate_result validate_event(struct validator *, struct event *event, const char **selector);

#endif
