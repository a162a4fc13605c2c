/*
 * The text that a selector names in a webhook.
 */
#ifndef HOOKSPOOL_SELECT_H
#define HOOKSPOOL_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "../conf/selector.h"
#include "../lib/digest.h"
#include "../lib/json.h"

struct webhook;

/* A webhook as selectors see it.  Borrows everything. */
struct select {
	const struct webhook *webhook;
	bool is_form;			 /* the body */
	const struct json_value *values; /* by selector->place; NULL: there is no JSON */
	char digest[DIGEST_TEXT_SIZE];	 /* computed when it is first asked for; begin with "" */
};

/* A value's text, where it came from, and whether it is there at all. */
struct selected {
	bool absent;
	char origin; /* see event_key_add() */
	size_t len;
};

/*
 * Write the text to OUT (SIZE bytes, terminated).  Returns NULL, or what is wrong with it, a constant: "has a NUL character".
 * Of the body, strings, numbers and booleans have a text.
 */
const char *select_text(struct select *, const struct selector *, char *out, size_t size, struct selected *);

/* The SHA-256 of the body, in hex; NULL: it could not be computed. */
const char *select_digest(struct select *);

#endif
