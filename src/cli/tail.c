/* hookspool tail: what happens, as it does. */
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

#define COLUMNS (1 + EVENT_COLUMNS)

/* Returns 0, or -1: it can't be written. */
static int
print_line(struct table *table, struct json_object *line, bool json)
{
	const char *cells[COLUMNS] = {ask_text(line, "happened")};
	struct json_object *missed;

	if (json) {
		ask_print_json(line);
	} else if (json_object_object_get_ex(line, "missed", &missed)) {
		fprintf(stderr, "hookspool: %s were missed\n", json_object_get_string(missed));
	} else {
		event_cells(line, cells + 1);
		if (table_row(table, cells) != 0)
			return -1;
		table_write(table, stdout, isatty(STDOUT_FILENO));
	}
	return fflush(stdout);
}

static struct table *
make_table(void)
{
	const char *headings[COLUMNS] = {"WHAT"};

	memcpy(headings + 1, event_headings, sizeof event_headings);
	return table_new(headings, COLUMNS);
}

static int
tail(FILE *stream, struct json_object *request, bool json)
{
	struct table *table = make_table();
	struct json_object *line;
	int failed = table == NULL || ask_send(stream, request) != 0;

	while (!failed && (line = ask_receive(stream)) != NULL) {
		failed = print_line(table, line, json);
		json_object_put(line);
	}
	table_free(table);
	return EXIT_FAILURE; /* it has no good end but the operator's interrupt */
}

int
tail_main(const struct conf *conf, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'}, FILTER_OPTIONS, {NULL, 0, NULL, 0}};
	struct filter_words filter = {.source = NULL};
	struct json_object *request;
	bool json = false;
	int option, status = 0;
	FILE *stream;

	optind = 0;
	while (status == 0 && (option = getopt_long(argc, argv, "+", options, NULL)) != -1)
		if (option == 'j')
			json = true;
		else
			status = option == '?' ? EXIT_USAGE : filter_words_take(&filter, option, optarg);
	if (status != 0)
		return status;
	if (optind != argc)
		return usage_error("tail takes no words");
	if (filter.since_ms != 0 || filter.until_ms != 0)
		return usage_error("tail tells what happens from now on: --since and --until are for list");
	if ((stream = ask_open(conf)) == NULL)
		return EXIT_FAILURE;
	request = ask_about("tail");
	filter_words_add(&filter, request);
	status = tail(stream, request, json);
	fclose(stream);
	return status;
}
