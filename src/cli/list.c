/* hookspool list: a page after another, so that neither end holds them all. */
#include <getopt.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../protocol/control.h"
#include "ask.h"
#include "event_row.h"
#include "filter_words.h"
#include "table.h"
#include "usage.h"
#include "verbs.h"

struct options {
	struct filter_words filter;
	unsigned long long from, limit; /* FROM 0: from the end; LIMIT 0: all */
	bool newest, json;
};

/* A list as it is asked for, page by page. */
struct listing {
	const struct options *o;
	FILE *stream;
	struct table *table;
	unsigned long long from;  /* where the next page begins; 0: there is none */
	unsigned long long limit; /* events of it */
};

static struct json_object *
page_request(const struct listing *l)
{
	struct json_object *request = ask_about("list");

	filter_words_add(&l->o->filter, request);
	if (l->from != 0)
		json_object_object_add(request, "from", json_object_new_uint64(l->from));
	if (l->o->newest)
		json_object_object_add(request, "newest", json_object_new_boolean(1));
	json_object_object_add(request, "limit", json_object_new_uint64(l->limit));
	return request;
}

static int
take_event(const struct listing *l, struct json_object *event)
{
	int failed = 0;

	if (l->o->json)
		ask_print_json(event);
	else
		failed = event_row(l->table, event);
	json_object_put(event);
	return failed;
}

/* Returns how many events came, or -1. */
static long
one_page(struct listing *l)
{
	struct json_object *answer, *end, *next;

	if (ask_send(l->stream, page_request(l)) != 0)
		return -1;
	for (long n = 0; (answer = ask_receive(l->stream)) != NULL; n++) {
		if (json_object_object_get_ex(answer, "end", &end)) {
			l->from = json_object_object_get_ex(answer, "next", &next) ? json_object_get_uint64(next) : 0;
			json_object_put(answer);
			return n;
		}
		if (take_event(l, answer) != 0)
			break;
	}
	return -1;
}

/* On a terminal people want to go on, and are told how. */
static void
say_more(const struct listing *l)
{
	if (l->from != 0 && isatty(STDOUT_FILENO) && !l->o->json)
		fprintf(stderr, "hookspool: there may be more: --from %llu\n", l->from);
}

static int
list(const struct conf *conf, const struct options *o)
{
	struct listing l = {.o = o, .stream = ask_open(conf), .table = table_new(event_headings, EVENT_COLUMNS)};
	unsigned long long left = o->limit;
	long n = 0;

	l.from = o->from;
	do {
		l.limit = o->limit == 0 || left > CONTROL_PAGE_MAX ? CONTROL_PAGE_MAX : left;
		if (l.stream == NULL || l.table == NULL || (n = one_page(&l)) < 0)
			break;
		table_write(l.table, stdout, isatty(STDOUT_FILENO));
		if (o->limit != 0 && (left -= (unsigned long long)n) == 0) {
			say_more(&l);
			break;
		}
	} while (l.from != 0);
	table_free(l.table);
	if (l.stream == NULL)
		return EXIT_FAILURE;
	fclose(l.stream);
	return n < 0 || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int
take_option(struct options *o, int option)
{
	unsigned long long *number = option == 'f' ? &o->from : &o->limit;

	switch (option) {
	case 'j':
		o->json = true;
		return 0;
	case 'n':
		o->newest = true;
		return 0;
	case 'f':
	case 'l':
		*number = number_of(optarg);
		return *number != 0 ? 0 : usage_error("--from and --limit take a number from 1 on");
	default:
		return option == '?' ? EXIT_USAGE : filter_words_take(&o->filter, option, optarg);
	}
}

int
list_main(const struct conf *conf, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {"newest", no_argument, NULL, 'n'},
	    {"from", required_argument, NULL, 'f'}, {"limit", required_argument, NULL, 'l'}, FILTER_OPTIONS,
	    {NULL, 0, NULL, 0}};
	struct options o = {.from = 0};
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
		if (take_option(&o, option) != 0)
			return EXIT_USAGE;
	return optind != argc ? usage_error("list takes no words") : list(conf, &o);
}
