/*
 * Where a body has what it is about: it is all of it, or a field of a form has it.
 */
#ifndef HOOKSPOOL_PAYLOAD_H
#define HOOKSPOOL_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "../lib/form.h"

struct event;
struct source;

/* TYPE, LEN bytes, is a Content-Type's value: whether such a body of the source's is a form, and whether it has its JSON in a field. */
bool payload_is_form(const struct source *, const char *type, size_t len);
bool payload_in_field(const struct source *, const char *type, size_t len);

/* Of a form with JSON in a field, LEN bytes, that JSON into OUT (LEN + 1 bytes, terminated). */
enum form_result payload_decode(const struct source *, const char *form, size_t len, char *out, size_t *out_len);

/* What a hook reads of an event. */
struct payload_bytes {
	const char *bytes, *content_type;
	size_t len, content_type_len;
	char *owned; /* payload_free() frees it */
};

/*
 * The body as it was sent, or, where the source takes JSON from a form's field and a form it is, that JSON.  Borrows from EVENT.
 * Returns 0, or -1 with errno (ENOMEM).
 */
int payload_of(struct payload_bytes *, const struct source *, const struct event *);
void payload_free(struct payload_bytes *);

#endif
