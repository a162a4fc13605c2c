/*
 * One object a line; json-c writes no line feed inside of one.  A hook's output and headers may be any bytes: they are made visible, so that
 * the JSON is valid.
 */
#include "control_line.h"

#include <errno.h>
#include <event2/buffer.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/clock.h"
#include "../lib/text.h"

const char *
control_string(struct json_object *request, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(request, name, &value) && json_object_is_type(value, json_type_string)
	    ? json_object_get_string(value)
	    : NULL;
}

uint64_t
control_number(struct json_object *request, const char *name, uint64_t otherwise)
{
	struct json_object *value;

	return json_object_object_get_ex(request, name, &value) && json_object_is_type(value, json_type_int)
	    ? json_object_get_uint64(value)
	    : otherwise;
}

bool
control_flag(struct json_object *request, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(request, name, &value) && json_object_get_boolean(value);
}

void
control_add_text(struct json_object *o, const char *name, const char *bytes, size_t len)
{
	size_t size = 4 * len + 1;
	char *visible = malloc(size);

	if (visible == NULL)
		return;
	json_object_object_add(o, name, json_object_new_string(text_visible(visible, size, bytes, len)));
	free(visible);
}

void
control_add_word(struct json_object *o, const char *name, const char *word)
{
	json_object_object_add(o, name, json_object_new_string(word));
}

void
control_add_number(struct json_object *o, const char *name, uint64_t value)
{
	json_object_object_add(o, name, json_object_new_uint64(value));
}

void
control_add_time(struct json_object *o, const char *name, uint64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	json_object_object_add(o, name, ms != 0 && clock_text(text, ms) > 0 ? json_object_new_string(text) : NULL);
}

void
control_put(struct evbuffer *out, struct json_object *object)
{
	evbuffer_add_printf(out, "%s\n",
	    json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

void
control_put_end(struct evbuffer *out)
{
	evbuffer_add_printf(out, "{\"end\":true}\n");
}

void
control_put_error(struct evbuffer *out, const char *code, const char *message)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "error", json_object_new_string(code));
	json_object_object_add(o, "message", json_object_new_string(message));
	control_put(out, o);
}

void
control_put_missing(struct evbuffer *out, const char *name)
{
	char text[64];

	snprintf(text, sizeof text, "which %s?", name);
	control_put_error(out, "bad-request", text);
}

void
control_put_errno(struct evbuffer *out, const char *what)
{
	char text[64];

	snprintf(text, sizeof text, "no such %s", what);
	if (errno == ENOENT)
		control_put_error(out, "not-found", text);
	else
		control_put_error(out, "failed", strerror(errno));
}
