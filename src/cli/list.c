/* hookspool list: a page after another, so that neither end holds them all. */
#include <getopt.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "../protocol/control.h"
#include "ask.h"
#include "event_row.h"
#include "table.h"
#include "usage.h"
#include "verbs.h"

struct options {
	const char *source, *event, *state;
	unsigned long long from, limit; /* LIMIT 0: all */
	unsigned long long secret;	/* 0: any */
	bool json;
};

static void
add_text(struct json_object *request, const char *name, const char *value)
{
	if (value != NULL)
		json_object_object_add(request, name, json_object_new_string(value));
}

static struct json_object *
page_request(const struct options *o, unsigned long long from, unsigned long long limit)
{
	struct json_object *request = json_object_new_object();

	add_text(request, "verb", "list");
	add_text(request, "source", o->source);
	add_text(request, "event", o->event);
	add_text(request, "state", o->state);
	json_object_object_add(request, "from", json_object_new_uint64(from));
	json_object_object_add(request, "limit", json_object_new_uint64(limit));
	if (o->secret != 0)
		json_object_object_add(request, "secret", json_object_new_uint64(o->secret));
	return request;
}

static int
take_event(const struct options *o, struct table *table, struct json_object *event)
{
	int failed = 0;

	if (o->json)
		puts(json_object_to_json_string_ext(event, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		failed = event_row(table, event);
	json_object_put(event);
	return failed;
}

/* Returns how many events came, or -1; *FROM is where the next page begins, 0: there is none. */
static long
one_page(FILE *stream, const struct options *o, unsigned long long *from, unsigned long long limit, struct table *table)
{
	struct json_object *answer, *end, *next;

	if (ask_send(stream, page_request(o, *from, limit)) != 0)
		return -1;
	for (long n = 0; (answer = ask_receive(stream)) != NULL; n++) {
		if (json_object_object_get_ex(answer, "end", &end)) {
			*from = json_object_object_get_ex(answer, "next", &next) ? json_object_get_uint64(next) : 0;
			json_object_put(answer);
			return n;
		}
		if (take_event(o, table, answer) != 0)
			break;
	}
	return -1;
}

static int
list(const struct conf *conf, const struct options *o)
{
	FILE *stream = ask_open(conf);
	struct table *table = table_new(event_headings, EVENT_COLUMNS);
	unsigned long long from = o->from, left = o->limit;
	long n = 0;

	while (stream != NULL && table != NULL && from != 0) {
		unsigned long long page = o->limit == 0 || left > CONTROL_PAGE_MAX ? CONTROL_PAGE_MAX : left;

		if ((n = one_page(stream, o, &from, page, table)) < 0)
			break;
		table_write(table, stdout, isatty(STDOUT_FILENO));
		if (o->limit != 0 && (left -= (unsigned long long)n) == 0)
			break;
	}
	table_free(table);
	if (stream == NULL)
		return EXIT_FAILURE;
	fclose(stream);
	return n < 0 || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int
take_option(struct options *o, int option)
{
	unsigned long long *number = option == 'f' ? &o->from : option == 'l' ? &o->limit : &o->secret;

	switch (option) {
	case 'j':
		o->json = true;
		return 0;
	case 's':
		o->source = optarg;
		return 0;
	case 'e':
		o->event = optarg;
		return 0;
	case 't':
		o->state = optarg;
		return 0;
	case 'f':
	case 'l':
	case 'k':
		*number = number_of(optarg);
		return *number != 0 ? 0 : usage_error("--from, --limit and --secret take a number from 1 on");
	default:
		return EXIT_USAGE;
	}
}

int
list_main(const struct conf *conf, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
	    {"source", required_argument, NULL, 's'}, {"event", required_argument, NULL, 'e'},
	    {"state", required_argument, NULL, 't'}, {"from", required_argument, NULL, 'f'},
	    {"limit", required_argument, NULL, 'l'}, {"secret", required_argument, NULL, 'k'}, {NULL, 0, NULL, 0}};
	struct options o = {.from = 1};
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
		if (take_option(&o, option) != 0)
			return EXIT_USAGE;
	return optind != argc ? usage_error("list takes no words") : list(conf, &o);
}
