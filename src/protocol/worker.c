/* Answers.  The grammar is that of webhooks, with the same scanner; the values are json-c's. */
#include "worker.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/json.h"

#define ANSWER_DEPTH 2 /* an object of plain values */

/* Strictly: no name twice, no invalid UTF-8. */
static bool
is_json(const char *line, size_t len)
{
	static struct json_plan *plan;
	static struct json_scratch *scratch;

	if (plan == NULL)
		plan = json_plan_new(NULL, 0, ANSWER_DEPTH);
	if (scratch == NULL)
		scratch = json_scratch_new();
	return plan != NULL && scratch != NULL && json_scan(plan, scratch, line, len, NULL, NULL) == JSON_OK;
}

/* Returns owned, or NULL. */
static struct json_object *
parse(const char *line, size_t len)
{
	struct json_tokener *tokener;
	struct json_object *object = NULL;

	if (len > ANSWER_MAX || !is_json(line, len) || (tokener = json_tokener_new_ex(ANSWER_DEPTH)) == NULL)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	object = json_tokener_parse_ex(tokener, line, (int)len);
	if (json_tokener_get_error(tokener) != json_tokener_success || json_tokener_get_parse_end(tokener) != len ||
	    !json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);
	return object;
}

static int
code_of(struct json_object *result)
{
	static const struct {
		const char *name;
		int code;
	} results[] = {{"done", 0}, {"retry", 1}, {"dead", 100}};

	const char *text = json_object_get_string(result);
	size_t len = (size_t)json_object_get_string_len(result); /* a NUL may be inside */

	for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
		if (strcmp(text, results[i].name) == 0 && len == strlen(text))
			return results[i].code;
	return -1;
}

static enum fault
take_message(struct answer *answer, struct json_object *message)
{
	if (message == NULL)
		return FAULT_NONE;
	if (!json_object_is_type(message, json_type_string))
		return FAULT_MESSAGE;
	answer->message_len = (size_t)json_object_get_string_len(message);
	if ((answer->message = malloc(answer->message_len + 1)) != NULL) /* without memory the result counts */
		memcpy(answer->message, json_object_get_string(message), answer->message_len + 1);
	else
		answer->message_len = 0;
	return FAULT_NONE;
}

enum fault
answer_read(struct answer *answer, const char *line, size_t len, uint64_t number)
{
	struct json_object *object = parse(line, len), *its_number = NULL, *result = NULL, *message = NULL;
	enum fault fault = FAULT_NONE;

	*answer = (struct answer){0};
	if (object == NULL)
		return FAULT_NOT_JSON;
	json_object_object_foreach(object, name, value)
	{
		if (strcmp(name, "number") == 0)
			its_number = value;
		else if (strcmp(name, "result") == 0)
			result = value;
		else if (strcmp(name, "message") == 0)
			message = value;
		else
			fault = FAULT_MEMBERS;
	}
	if (fault != FAULT_NONE)
		goto out;
	if (!json_object_is_type(its_number, json_type_int) || json_object_get_uint64(its_number) != number)
		fault = FAULT_NUMBER;
	else if (!json_object_is_type(result, json_type_string) || (answer->code = code_of(result)) == -1)
		fault = FAULT_RESULT;
	else
		fault = take_message(answer, message);
out:
	json_object_put(object);
	return fault;
}

void
answer_free(struct answer *answer)
{
	free(answer->message);
	answer->message = NULL;
}
