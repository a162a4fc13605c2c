/*
 * The control socket's lines: reading what a request says, writing what an answer does.
 */
#ifndef HOOKSPOOL_CONTROL_LINE_H
#define HOOKSPOOL_CONTROL_LINE_H

#include <stdbool.h>
#include <stdint.h>

struct evbuffer;
struct json_object;

/* A member of the request; NULL, OTHERWISE or false when it is missing or of another type.  Borrowed. */
const char *control_string(struct json_object *request, const char *name);
uint64_t control_number(struct json_object *request, const char *name, uint64_t otherwise);
bool control_flag(struct json_object *request, const char *name);

void control_put(struct evbuffer *, struct json_object *); /* takes the object */
void control_put_end(struct evbuffer *);
void control_put_error(struct evbuffer *, const char *code, const char *message);
void control_put_errno(struct evbuffer *, const char *what); /* ENOENT: "no such WHAT" */

#endif
