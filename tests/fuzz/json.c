/* The scanner accepts nothing that json-c's strict parser refuses, and finds the same values. */
#include <json-c/json.h>
#include <stdbool.h>
#include <string.h>

#include "../../src/conf/selector.h"
#include "../../src/lib/json.h"
#include "fuzz.h"

#define DEPTH 16

const char fuzz_name[] = "json";
unsigned long fuzz_accepted;

static const char *const pointers[] = {"/event", "/a/0", "/a/b~1c", "/a/1/x", ""};
#define N (sizeof pointers / sizeof pointers[0])

static struct json_object *
parse(const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH + 2);
	struct json_object *object;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	object = json_tokener_parse_ex(tokener, text, (int)len);
	if (json_tokener_get_error(tokener) == json_tokener_continue) /* a number may go on */
		object = json_tokener_parse_ex(tokener, "", -1);
	FUZZ_HOLDS(json_tokener_get_error(tokener) == json_tokener_success);
	json_tokener_free(tokener);
	return object;
}

static void
compare(const struct json_value *value, struct json_object *whole, const char *pointer)
{
	struct json_object *same = NULL;
	bool there = json_pointer_get(whole, pointer, &same) == 0;
	char text[4096];
	size_t len;

	if (value->type == JSON_NULL) /* for json-c that is not there, in an array or as the whole */
		return;
	FUZZ_HOLDS(there == (value->type != JSON_ABSENT));
	if (!there)
		return;
	FUZZ_HOLDS(same != NULL);
	FUZZ_HOLDS((value->type == JSON_STRING) == json_object_is_type(same, json_type_string));
	FUZZ_HOLDS((value->type == JSON_OBJECT) == json_object_is_type(same, json_type_object));
	FUZZ_HOLDS((value->type == JSON_ARRAY) == json_object_is_type(same, json_type_array));
	FUZZ_HOLDS((value->type == JSON_BOOLEAN) == json_object_is_type(same, json_type_boolean));
	if (value->type != JSON_STRING || json_text(value, text, sizeof text, &len) != JSON_TEXT_OK)
		return;
	/* json-c (0.16) has U+FFFD for lone surrogates, which have no text here, and for some pairs that are good, such as D837 DE00. */
	if (strstr(json_object_get_string(same), "\xef\xbf\xbd") == NULL)
		FUZZ_HOLDS(len == (size_t)json_object_get_string_len(same) &&
		    memcmp(text, json_object_get_string(same), len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct json_plan *plan;
	static struct json_scratch *scratch;
	struct json_value values[N];
	struct json_object *object;
	char *text;

	if (plan == NULL) {
		static struct selector *selectors[N];
		const struct json_pointer *places[N];
		const char *why;

		for (size_t i = 0; i < N; i++) {
			FUZZ_HOLDS((selectors[i] = selector_parse_pointer(pointers[i], &why)) != NULL);
			places[i] = &selectors[i]->pointer;
		}
		plan = json_plan_new(places, N, DEPTH);
		scratch = json_scratch_new();
		for (size_t i = 0; i < N; i++)
			selector_free(selectors[i]);
		FUZZ_HOLDS(plan != NULL && scratch != NULL);
	}
	text = malloc(len + 1); /* of its own, so that a byte beyond is seen by the sanitizer; json-c wants a NUL */
	memcpy(text, bytes, len);
	if (json_scan(plan, scratch, text, len, values, NULL) == JSON_OK) {
		text[len] = '\0';
		object = parse(text, len);
		for (size_t i = 0; i < N && strstr(text, "\\u0000") == NULL; i++) /* a name ends there for json-c */
			compare(&values[i], object, pointers[i]);
		json_object_put(object);
		fuzz_accepted++;
	}
	free(text);
	return 0;
}
