/*
 * From an authenticated webhook to an event: parse, find the selected values, check the declared fields.
 */
#ifndef HOOKSPOOL_VALIDATE_H
#define HOOKSPOOL_VALIDATE_H

#include "../protocol/event.h"

struct select;
struct source;
struct validator;
struct webhook;

enum validate_result { VALIDATE_OK, VALIDATE_JSON, VALIDATE_FIELD, VALIDATE_NO_MEMORY };

/* Why a webhook is refused. */
struct refused {
	const char *selector;		 /* VALIDATE_FIELD: the configuration's text of the value, else NULL */
	char text[EVENT_REASON_MAX + 1]; /* for the operator, "body:/id is missing"; the sender's bytes may be in it */
};

/* A webhook that is parsed: handshakes and events are made of one only.  Lies in its validator until that one's next use. */
struct parsed;

/* Makes the source's rules ready; one per thread, because it has the room for their texts.  Borrows SOURCE. */
struct validator *validator_new(const struct source *);
void validator_free(struct validator *);

/*
 * Find the JSON and parse it; *PARSED borrows the webhook.  Anything but VALIDATE_OK and VALIDATE_NO_MEMORY fills REFUSED, and there is no
 * *PARSED.
 */
enum validate_result validate_parse(
    struct validator *, const struct webhook *, struct parsed **parsed, struct refused *refused);

/* A GET, of whose body nothing is looked at.  Borrows the webhook. */
struct parsed *validate_get(struct validator *, const struct webhook *);

/* As selectors see it. */
struct select *validate_select(struct parsed *);

/*
 * Check the fields, and fill EVENT's type, id, key, guard, lane and variables, as far as it comes; they borrow from the validator.  Refuses
 * as validate_parse() does.
 */
enum validate_result validate_event(struct parsed *, struct event *event, struct refused *refused);

#endif
