/* hookspool retry, drop: events by their numbers, or all that are in a state. */
#include <getopt.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "event_row.h"
#include "table.h"
#include "usage.h"
#include "verbs.h"

struct options {
	const char *verb, *hook, *state, *source, *event;
	bool json, force;
};

static struct json_object *
request(const struct options *o, const char *name, unsigned long long number)
{
	struct json_object *r = ask_about(o->verb);

	ask_add(r, "hook", o->hook);
	ask_add(r, "state", o->state);
	ask_add(r, "source", o->source);
	ask_add(r, "event", o->event);
	if (o->force)
		json_object_object_add(r, "force", json_object_new_boolean(1));
	json_object_object_add(r, name, json_object_new_uint64(number));
	return r;
}

static int
repair_one(const struct conf *conf, const struct options *o, unsigned long long number)
{
	struct json_object *answer = ask_one(conf, request(o, "number", number));
	struct table *table;

	if (answer == NULL)
		return EXIT_FAILURE;
	if (o->json) {
		ask_print_json(answer);
	} else if ((table = table_new(event_headings, EVENT_COLUMNS)) != NULL) {
		if (event_row(table, answer) == 0)
			table_write(table, stdout, isatty(STDOUT_FILENO));
		table_free(table);
	}
	json_object_put(answer);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A page after another, each a transaction of the spooler. */
static int
repair_all(const struct conf *conf, const struct options *o)
{
	FILE *stream = ask_open(conf);
	unsigned long long from = 1, changed = 0;
	struct json_object *answer, *value;

	if (stream == NULL)
		return EXIT_FAILURE;
	while (from != 0) {
		if (ask_send(stream, request(o, "from", from)) != 0 || (answer = ask_receive(stream)) == NULL)
			break;
		changed += json_object_object_get_ex(answer, "changed", &value) ? json_object_get_uint64(value) : 0;
		from = json_object_object_get_ex(answer, "next", &value) ? json_object_get_uint64(value) : 0;
		json_object_put(answer);
	}
	fclose(stream);
	printf(o->json ? "{\"changed\":%llu}\n" : "%llu changed\n", changed);
	return from != 0 || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int
take_option(struct options *o, int option)
{
	switch (option) {
	case 'j':
		o->json = true;
		return 0;
	case 'f':
		o->force = true;
		return 0;
	case 'h':
		o->hook = optarg;
		return 0;
	case 't':
		o->state = optarg;
		return 0;
	case 's':
		o->source = optarg;
		return 0;
	case 'e':
		o->event = optarg;
		return 0;
	default:
		return usage_error("there is no such option");
	}
}

static int
repair(const struct conf *conf, const char *verb, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
	    {"hook", required_argument, NULL, 'h'}, {"state", required_argument, NULL, 't'},
	    {"source", required_argument, NULL, 's'}, {"event", required_argument, NULL, 'e'},
	    {"force", no_argument, NULL, 'f'}, {NULL, 0, NULL, 0}};
	struct options o = {.verb = verb};
	int option, status = EXIT_SUCCESS;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (take_option(&o, option) != 0)
			return EXIT_USAGE;
	if (o.force && strcmp(verb, "retry") != 0)
		return usage_error("--force is for retry");
	if (o.state != NULL)
		return optind == argc ? repair_all(conf, &o) : usage_error("either --state or events' numbers");
	if (o.source != NULL || o.event != NULL)
		return usage_error("--source and --event go with --state");
	for (int i = optind; i < argc || i == optind; i++)
		if (i >= argc || number_of(argv[i]) == 0)
			return usage_error("which events?  Their numbers, or --state");
	for (int i = optind; i < argc; i++)
		if (repair_one(conf, &o, number_of(argv[i])) != EXIT_SUCCESS)
			status = EXIT_FAILURE;
	return status;
}

int
retry_main(const struct conf *conf, int argc, char **argv)
{
	return repair(conf, "retry", argc, argv);
}

int
drop_main(const struct conf *conf, int argc, char **argv)
{
	return repair(conf, "drop", argc, argv);
}
