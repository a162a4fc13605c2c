/*
 * Our JSON reader beside two others, json-c and YAJL: what it accepts both understand the same way, in structure, names, strings, numbers' texts
 * and values, each looked up by its pointer.  What it refuses as no JSON at least one of them refuses, too: YAJL takes \v and \f for white space,
 * and an unfinished string behind the value; json-c ends where it finds a NUL.  Of kinds that have a name they may accept what ours does not:
 *
 *   JSON_DUPLICATE   a name twice; for the others the last one counts
 *   JSON_TOO_DEEP    deeper than it was told, here DEPTH
 *   JSON_UTF8        YAJL takes what is too long, beyond U+10FFFF, or a surrogate
 *
 * And where they differ of what all accept: of an escaped surrogate that is alone ours has no text, YAJL and json-c have
 * something; a name with U+0000 ends there for json-c, and no pointer leads to it; json-c has the nearest number that it can.
 */
#include <json-c/json.h>
#include <stdbool.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "../../src/lib/json.h"
#include "fuzz.h"

#define DEPTH 24
#define VALUES_MAX 60
#define TEXT_MAX 8192

const char fuzz_name[] = "json_peers";
unsigned long fuzz_accepted;

/* A value as YAJL tells it, and the way there. */
struct place {
	char *tokens[DEPTH + 1];
	size_t ntokens;
	enum json_kind kind;
	char *text; /* of a string, decoded, or a number */
	size_t len, members;
};

static struct walk {
	struct place places[VALUES_MAX];
	size_t n;
	/* Where it is: in so many containers. */
	struct {
		bool map, reachable; /* no pointer leads to names that a C string can't be */
		char *name;
		size_t members;
		struct place *place; /* NULL: not noted */
	} in[DEPTH + 1];
	size_t depth;
	bool lone; /* the text may have a surrogate without its other half */
} walk;

static struct json_scratch *scratch;

static char *
text_of(const unsigned char *text, size_t len)
{
	char *copy = malloc(len + 1);

	FUZZ_HOLDS(copy != NULL);
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

static bool
is_reachable(void)
{
	for (size_t i = 0; i < walk.depth; i++)
		if (!walk.in[i].reachable)
			return false;
	return true;
}

static struct place *
note(enum json_kind kind, const unsigned char *text, size_t len)
{
	struct place *place = &walk.places[walk.n];

	if (walk.depth > 0)
		walk.in[walk.depth - 1].members++;
	if (walk.n == VALUES_MAX || !is_reachable())
		return NULL;
	walk.n++;
	*place = (struct place){.kind = kind, .ntokens = walk.depth, .text = text_of(text, len), .len = len};
	for (size_t i = 0; i < walk.depth; i++) {
		char index[24];

		snprintf(index, sizeof index, "%zu", walk.in[i].members - 1);
		place->tokens[i] = strdup(walk.in[i].map ? walk.in[i].name : index);
	}
	return place;
}

static int
on_null(void *context)
{
	(void)context;
	(void)note(JSON_NULL, (const unsigned char *)"", 0);
	return 1;
}

static int
on_boolean(void *context, int value)
{
	(void)context;
	(void)note(JSON_BOOLEAN, (const unsigned char *)(value ? "true" : "false"), value ? 4 : 5);
	return 1;
}

static int
on_number(void *context, const char *text, size_t len)
{
	(void)context;
	(void)note(JSON_NUMBER, (const unsigned char *)text, len);
	return 1;
}

static int
on_string(void *context, const unsigned char *text, size_t len)
{
	(void)context;
	(void)note(JSON_STRING, text, len);
	return 1;
}

/* May it be what another reader makes of a surrogate that is alone? */
static bool
is_doubtful(const unsigned char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] >= 0x80 || text[i] == '?')
			return true;
	return false;
}

static int
on_name(void *context, const unsigned char *name, size_t len)
{
	char **last = &walk.in[walk.depth - 1].name;

	(void)context;
	free(*last);
	*last = text_of(name, len);
	walk.in[walk.depth - 1].reachable =
	    len <= JSON_POINTER_TEXT_MAX && memchr(name, '\0', len) == NULL && !(walk.lone && is_doubtful(name, len));
	return 1;
}

/* Deeper than DEPTH ends the walk: ours has refused it then. */
static int
open_container(bool map)
{
	struct place *place = note(map ? JSON_OBJECT : JSON_ARRAY, (const unsigned char *)"", 0);

	if (walk.depth == DEPTH)
		return 0;
	walk.in[walk.depth].map = map;
	walk.in[walk.depth].reachable = true;
	walk.in[walk.depth].name = NULL;
	walk.in[walk.depth].members = 0;
	walk.in[walk.depth++].place = place;
	return 1;
}

static int
on_map(void *context)
{
	(void)context;
	return open_container(true);
}

static int
on_array(void *context)
{
	(void)context;
	return open_container(false);
}

static int
on_end(void *context)
{
	(void)context;
	walk.depth--;
	free(walk.in[walk.depth].name);
	if (walk.in[walk.depth].place != NULL)
		walk.in[walk.depth].place->members = walk.in[walk.depth].members;
	return 1;
}

static bool
yajl_accepts(const char *text, size_t len, bool look)
{
	static const yajl_callbacks look_at = {
	    on_null, on_boolean, NULL, NULL, on_number, on_string, on_map, on_name, on_end, on_array, on_end};
	yajl_handle handle = yajl_alloc(look ? &look_at : NULL, NULL, NULL);
	bool accepted = yajl_parse(handle, (const unsigned char *)text, len) == yajl_status_ok &&
	    yajl_complete_parse(handle) == yajl_status_ok;

	yajl_free(handle);
	return accepted;
}

static enum json_tokener_error
read_json_c(const char *text, size_t len, struct json_object **object)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH + 2);
	enum json_tokener_error error;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*object = json_tokener_parse_ex(tokener, text, (int)len);
	if (json_tokener_get_error(tokener) == json_tokener_continue) /* a number may go on */
		*object = json_tokener_parse_ex(tokener, "", -1);
	error = json_tokener_get_error(tokener);
	json_tokener_free(tokener);
	return error;
}

static bool
json_c_accepts(const char *text, size_t len)
{
	struct json_object *object;
	bool accepted = read_json_c(text, len, &object) == json_tokener_success;

	json_object_put(object);
	return accepted;
}

static struct json_object *
find_json_c(struct json_object *from, const struct place *place)
{
	for (size_t i = 0; i < place->ntokens; i++)
		if (json_object_is_type(from, json_type_array))
			from = json_object_array_get_idx(from, strtoul(place->tokens[i], NULL, 10));
		else
			FUZZ_HOLDS(json_object_object_get_ex(from, place->tokens[i], &from));
	return from;
}

static void
compare_json_c(const struct place *place, struct json_object *same)
{
	static const json_type types[] = {[JSON_NULL] = json_type_null,
	    [JSON_BOOLEAN] = json_type_boolean,
	    [JSON_STRING] = json_type_string,
	    [JSON_ARRAY] = json_type_array,
	    [JSON_OBJECT] = json_type_object};

	if (place->kind == JSON_NUMBER)
		FUZZ_HOLDS(json_object_is_type(same, json_type_int) || json_object_is_type(same, json_type_double));
	else
		FUZZ_HOLDS(json_object_is_type(same, types[place->kind]));
	if (place->kind == JSON_OBJECT)
		FUZZ_HOLDS((size_t)json_object_object_length(same) == place->members);
	if (place->kind == JSON_ARRAY)
		FUZZ_HOLDS(json_object_array_length(same) == place->members);
	if (json_object_is_type(same, json_type_double))
		FUZZ_HOLDS(strcmp(json_object_to_json_string_ext(same, JSON_C_TO_STRING_PLAIN), place->text) == 0);
	/* json-c (0.16) has U+FFFD for some pairs that are good, such as D837 DE00. */
	if (place->kind == JSON_STRING && strstr(json_object_get_string(same), "\xef\xbf\xbd") == NULL)
		FUZZ_HOLDS((size_t)json_object_get_string_len(same) == place->len &&
		    memcmp(json_object_get_string(same), place->text, place->len) == 0);
}

static void
compare_text(const struct place *place, const struct json_value *ours)
{
	static char text[TEXT_MAX];
	size_t len;

	switch (json_text(ours, text, sizeof text, &len)) {
	case JSON_TEXT_OK:
		FUZZ_HOLDS(len == place->len && memcmp(text, place->text, len) == 0);
		return;
	case JSON_TEXT_NUL:
		FUZZ_HOLDS(walk.lone || memchr(place->text, '\0', place->len) != NULL);
		return;
	case JSON_TEXT_SURROGATE:
		FUZZ_HOLDS(walk.lone && is_doubtful((const unsigned char *)place->text, place->len));
		return;
	default:
		FUZZ_HOLDS(place->kind == JSON_NULL || place->kind == JSON_OBJECT || place->kind == JSON_ARRAY);
	}
}

static unsigned
hex4(const char *p)
{
	char digits[5] = {p[0], p[1], p[2], p[3]};

	return (unsigned)strtoul(digits, NULL, 16);
}

/* An escaped surrogate that is half of no pair. */
static bool
has_lone(const char *text)
{
	for (const char *p = text; (p = strchr(p, '\\')) != NULL; p += p[1] == 'u' ? 6 : 2) {
		unsigned high = p[1] == 'u' ? hex4(p + 2) : 0,
			 low = p[1] == 'u' && p[6] == '\\' && p[7] == 'u' ? hex4(p + 8) : 0;

		if (high < 0xd800 || high > 0xdfff)
			continue;
		if (high > 0xdbff || low < 0xdc00 || low > 0xdfff)
			return true;
		p += 6;
	}
	return false;
}

/* All values that are noted, as ours finds them. */
static void
look_up(const char *text, size_t len, struct json_value *values)
{
	struct json_pointer pointers[VALUES_MAX];
	const struct json_pointer *all[VALUES_MAX];
	struct json_plan *plan;

	for (size_t i = 0; i < walk.n; i++) {
		pointers[i] = (struct json_pointer){walk.places[i].tokens, walk.places[i].ntokens};
		all[i] = &pointers[i];
	}
	FUZZ_HOLDS((plan = json_plan_new(all, walk.n, DEPTH)) != NULL);
	FUZZ_HOLDS(json_scan(plan, scratch, text, len, values, NULL) == JSON_OK);
	json_plan_free(plan);
}

static void
compare_all(const char *text, size_t len)
{
	struct json_value values[VALUES_MAX];
	struct json_object *json_c;

	FUZZ_HOLDS(read_json_c(text, len, &json_c) == json_tokener_success);
	walk.lone = has_lone(text);
	FUZZ_HOLDS(yajl_accepts(text, len, true) && walk.depth == 0);
	look_up(text, len, values);
	for (size_t i = 0; i < walk.n; i++) {
		FUZZ_HOLDS(values[i].type == walk.places[i].kind);
		FUZZ_HOLDS(values[i].bytes >= text && values[i].bytes + values[i].len <= text + len);
		compare_text(&walk.places[i], &values[i]);
		if (values[i].type >= JSON_ARRAY) /* alone it is a document, too */
			FUZZ_HOLDS(yajl_accepts(values[i].bytes, values[i].len, false));
		if (strstr(text, "\\u0000") == NULL && !walk.lone)
			compare_json_c(&walk.places[i], find_json_c(json_c, &walk.places[i]));
	}
	json_object_put(json_c);
}

static void
forget_walk(void)
{
	for (size_t i = 0; i < walk.n; i++) {
		free(walk.places[i].text);
		for (size_t j = 0; j < walk.places[i].ntokens; j++)
			free(walk.places[i].tokens[j]);
	}
	walk.n = 0;
}

static void
take(const struct json_plan *plan, const char *text, size_t len)
{
	switch (json_scan(plan, scratch, text, len, NULL, NULL)) {
	case JSON_OK:
		compare_all(text, len);
		forget_walk();
		fuzz_accepted++;
		return;
	case JSON_EMPTY:
	case JSON_SYNTAX:
	case JSON_TRAILING:
		FUZZ_HOLDS(!yajl_accepts(text, len, false) || !json_c_accepts(text, len));
		return;
	default:
		return;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct json_plan *plan;
	char *text;

	if (plan == NULL) {
		plan = json_plan_new(NULL, 0, DEPTH);
		scratch = json_scratch_new();
		FUZZ_HOLDS(plan != NULL && scratch != NULL);
	}
	if (len >= TEXT_MAX)
		return 0;
	text = text_of(bytes, len);
	take(plan, text, len);
	free(text);
	return 0;
}
