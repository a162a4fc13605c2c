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
#include "filter_words.h"
#include "table.h"
#include "usage.h"
#include "verbs.h"

struct options {
	const char *verb, *hook;
	struct filter_words filter;
	bool json, force, dry, yes;
};

static struct json_object *
request(const struct options *o, const char *name, unsigned long long number)
{
	struct json_object *r = ask_about(o->verb);

	ask_add(r, "hook", o->hook);
	filter_words_add(&o->filter, r);
	if (o->force)
		json_object_object_add(r, "force", json_object_new_boolean(1));
	if (o->dry)
		json_object_object_add(r, "dry", json_object_new_boolean(1));
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

/* A page after another, each a transaction of the spooler.  Returns how many deliveries were changed, or would be, or -1 after a message. */
static long long
repair_pages(const struct conf *conf, const struct options *o)
{
	FILE *stream = ask_open(conf);
	unsigned long long from = 1;
	long long changed = 0;
	struct json_object *answer, *value;

	if (stream == NULL)
		return -1;
	while (from != 0) {
		if (ask_send(stream, request(o, "from", from)) != 0 || (answer = ask_receive(stream)) == NULL)
			break;
		changed += json_object_object_get_ex(answer, "changed", &value) ? json_object_get_int64(value) : 0;
		from = json_object_object_get_ex(answer, "next", &value) ? json_object_get_uint64(value) : 0;
		json_object_put(answer);
	}
	fclose(stream);
	if (from != 0 && changed > 0 && !o->dry)
		fprintf(stderr, "hookspool: %lld were changed before that\n", changed);
	return from != 0 ? -1 : changed;
}

/* Somebody at a terminal is asked first.  Returns whether it may be done. */
static bool
is_meant(const struct conf *conf, const struct options *o)
{
	struct options dry = *o;
	char answer[16] = "";
	long long n;

	if (o->yes || o->dry || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return true;
	dry.dry = true;
	if ((n = repair_pages(conf, &dry)) <= 0)
		return n == 0;
	fprintf(stderr, "%s %lld deliveries? [y/N] ", o->verb, n);
	return fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static int
repair_all(const struct conf *conf, const struct options *o)
{
	long long changed;

	if (!is_meant(conf, o)) {
		fputs("hookspool: nothing was changed\n", stderr);
		return EXIT_FAILURE;
	}
	if ((changed = repair_pages(conf, o)) < 0)
		return EXIT_FAILURE;
	printf(o->json ? "{\"changed\":%lld}\n" : o->dry ? "%lld would be changed\n" : "%lld changed\n", changed);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Numbers at the beginning of lines, as "list" prints them. */
static int
repair_read(const struct conf *conf, const struct options *o)
{
	int status = EXIT_SUCCESS;
	size_t size = 0;
	char *line = NULL;

	while (getline(&line, &size, stdin) > 0) {
		unsigned long long number;

		line[strcspn(line, " \t\n")] = '\0';
		if ((number = number_of(line)) == 0) {
			fputs("hookspool: a line begins with no event's number\n", stderr);
			status = EXIT_FAILURE;
		} else if (repair_one(conf, o, number) != EXIT_SUCCESS) {
			status = EXIT_FAILURE;
		}
	}
	free(line);
	return ferror(stdin) ? EXIT_FAILURE : status;
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
	case 'd':
		o->dry = true;
		return 0;
	case 'y':
		o->yes = true;
		return 0;
	case 'h':
		o->hook = optarg;
		return 0;
	default:
		return option == '?' ? EXIT_USAGE : filter_words_take(&o->filter, option, optarg);
	}
}

static int
repair(const struct conf *conf, const char *verb, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
	    {"hook", required_argument, NULL, 'h'}, {"force", no_argument, NULL, 'f'},
	    {"dry-run", no_argument, NULL, 'd'}, {"yes", no_argument, NULL, 'y'}, FILTER_OPTIONS, {NULL, 0, NULL, 0}};
	struct options o = {.verb = verb};
	int option, status = EXIT_SUCCESS;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (take_option(&o, option) != 0)
			return EXIT_USAGE;
	if (o.force && strcmp(verb, "retry") != 0)
		return usage_error("--force is for retry");
	if (o.filter.state != NULL)
		return optind == argc ? repair_all(conf, &o) : usage_error("either --state or events' numbers");
	if (filter_words_any(&o.filter) || o.dry)
		return usage_error("what selects events, and --dry-run, go with --state");
	if (optind == argc - 1 && strcmp(argv[optind], "-") == 0)
		return repair_read(conf, &o);
	for (int i = optind; i < argc || i == optind; i++)
		if (i >= argc || number_of(argv[i]) == 0)
			return usage_error("which events?  Their numbers, - for numbers on standard input, or --state");
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
