/*
 * The control socket's lines: reading what a request says, writing what an answer does.
 */
#ifndef HOOKSPOOL_CONTROL_LINE_H
#define HOOKSPOOL_CONTROL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bufferevent;
struct evbuffer;
struct json_object;
struct spooler;

/* What a verb is asked for, and by whom; all borrowed. */
struct control_request {
	struct spooler *spooler;
	struct json_object *json;
	uint64_t number; /* the member of this name, or 0 */
	struct bufferevent *client;
	struct evbuffer *out; /* the client's, for the answer */
};

/* A member of the request; NULL, OTHERWISE or false when it is missing or of another type.  Borrowed. */
const char *control_string(struct json_object *request, const char *name);
uint64_t control_number(struct json_object *request, const char *name, uint64_t otherwise);
bool control_flag(struct json_object *request, const char *name);

/* A member of the answer.  BYTES may be any and are made visible; WORD is a text of ours; a time of 0 is null. */
void control_add_text(struct json_object *, const char *name, const char *bytes, size_t len);
void control_add_word(struct json_object *, const char *name, const char *word);
void control_add_number(struct json_object *, const char *name, uint64_t value);
void control_add_time(struct json_object *, const char *name, uint64_t ms);

void control_put(struct evbuffer *, struct json_object *); /* takes the object */
void control_put_end(struct evbuffer *);
void control_put_error(struct evbuffer *, const char *code, const char *message);
void control_put_missing(struct evbuffer *, const char *name); /* bad-request: "which NAME?" */
void control_put_errno(struct evbuffer *, const char *what);   /* ENOENT: "no such WHAT"; others: strerror(3) */

#endif
