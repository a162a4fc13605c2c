/* A body at a time; values are compared as selectors give them, by their text. */
#include "field_words.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../conf/selector.h"
#include "../lib/json.h"
#include "../protocol/event.h"
#include "ask.h"

#define TELL_EACH 1000 /* bodies: how far it is, on a terminal */

struct field_words {
	const char *value;
	struct selector *selector;
	struct json_plan *plan;
	struct json_scratch *scratch;
	char *body, *text;
	size_t len, room;
	unsigned long long looked;
	FILE *stream;
};

static struct selector *
parse(const char *words, const char **value)
{
	const char *equals = strchr(words, '='), *why = "it is body:/pointer=value";
	struct selector *selector = NULL;
	char *text = equals != NULL ? strndup(words, (size_t)(equals - words)) : NULL;

	if (text != NULL && (selector = selector_parse(text, &why)) != NULL && selector->kind != SELECTOR_BODY) {
		why = "only bodies are kept, so that it begins with body:";
		selector_free(selector);
		selector = NULL;
	}
	free(text);
	if (selector == NULL)
		fprintf(stderr, "hookspool: --field: %s\n", why);
	*value = selector != NULL ? equals + 1 : NULL;
	return selector;
}

struct field_words *
field_words_new(const char *words)
{
	struct field_words *f = calloc(1, sizeof *f);
	const struct json_pointer *pointer;

	if (f != NULL && (f->selector = parse(words, &f->value)) != NULL) {
		pointer = &f->selector->pointer;
		f->plan = json_plan_new(&pointer, 1, JSON_DEPTH_MAX);
		f->scratch = json_scratch_new();
		f->text = malloc(strlen(f->value) + 2); /* what is longer is another value */
		if (f->plan != NULL && f->scratch != NULL && f->text != NULL)
			return f;
		perror("hookspool: --field");
	}
	field_words_free(f);
	return NULL;
}

void
field_words_free(struct field_words *f)
{
	if (f == NULL)
		return;
	if (f->looked >= TELL_EACH && isatty(STDERR_FILENO))
		fputc('\n', stderr);
	if (f->stream != NULL)
		fclose(f->stream);
	selector_free(f->selector);
	json_plan_free(f->plan);
	json_scratch_free(f->scratch);
	free(f->body);
	free(f->text);
	free(f);
}

int
field_words_open(struct field_words *f, const struct conf *conf)
{
	return (f->stream = ask_open(conf)) != NULL ? 0 : -1;
}

/* Returns 0, or -1 after a message. */
static int
read_bytes(struct field_words *f, uint64_t len)
{
	if (len > f->room) {
		char *larger = len <= EVENT_BODY_MAX ? realloc(f->body, len) : NULL;

		if (larger == NULL) {
			fputs("hookspool: there is no memory for a body\n", stderr);
			return -1;
		}
		f->body = larger;
		f->room = len;
	}
	f->len = len;
	if (fread(f->body, 1, len, f->stream) == len)
		return 0;
	fputs("hookspool: hookspoold ended the connection\n", stderr);
	return -1;
}

/* Returns 1; 0: it has gone meanwhile; or -1 after a message. */
static int
read_body(struct field_words *f, unsigned long long number)
{
	struct json_object *request = ask_about("body"), *answer, *value;
	int result = -1;

	json_object_object_add(request, "number", json_object_new_uint64(number));
	if (ask_send(f->stream, request) != 0 || (answer = ask_receive_any(f->stream)) == NULL)
		return -1;
	if (strcmp(ask_text(answer, "error"), "not-found") == 0)
		result = 0;
	else if (json_object_object_get_ex(answer, "bytes", &value))
		result = read_bytes(f, json_object_get_uint64(value)) == 0 ? 1 : -1;
	else
		fprintf(stderr, "hookspool: event %llu: %s\n", number, ask_text(answer, "message"));
	json_object_put(answer);
	return result;
}

static bool
has_value(const struct field_words *f)
{
	struct json_value value;
	size_t len;

	return json_scan(f->plan, f->scratch, f->body, f->len, &value, NULL) == JSON_OK &&
	    json_text(&value, f->text, strlen(f->value) + 2, &len) == JSON_TEXT_OK && strcmp(f->text, f->value) == 0;
}

int
field_words_fits(struct field_words *f, unsigned long long number)
{
	int there = read_body(f, number);

	if (++f->looked % TELL_EACH == 0 && isatty(STDERR_FILENO))
		fprintf(stderr, "\rhookspool: %llu bodies looked at", f->looked);
	return there <= 0 ? there : has_value(f);
}
