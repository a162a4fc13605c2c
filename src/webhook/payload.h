/*
 * What a hook reads of a body.
 */
#ifndef HOOKSPOOL_INPUT_H
#define HOOKSPOOL_INPUT_H

#include <stddef.h>

struct event;
struct source;

struct input {
	const char *bytes, *content_type;
	size_t len, content_type_len;
	char *owned; /* input_free() frees it */
};

/*
 * The body as it was sent, or, where the source takes JSON from a form's field and a form it is, that JSON.  Borrows from EVENT.
 * Returns 0, or -1 with errno (ENOMEM).
 */
int input_of(struct input *, const struct source *, const struct event *);
void input_free(struct input *);

#endif
