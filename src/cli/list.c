/* hookspool list: a page after another, so that neither end holds them all. */
#include <getopt.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../protocol/control.h"
#include "ask.h"
#include "event_row.h"
#include "field_words.h"
#include "filter_words.h"
#include "table.h"
#include "usage.h"
#include "verbs.h"

struct options {
	struct filter_words filter;
	unsigned long long from, limit; /* FROM 0: where the order begins; LIMIT 0: all */
	struct field_words *field;	/* or NULL */
	bool newest, json;
};

/* A list as it is asked for, page by page. */
struct listing {
	const struct options *o;
	FILE *stream;
	struct table *table;
	unsigned long long from; /* where the next page begins; 0: there is none */
	unsigned long long left; /* events that are yet to come */
};

/* Those of which each one may be passed over here come by whole pages. */
static unsigned long long
page_limit(const struct listing *l)
{
	return l->o->field != NULL || l->left > CONTROL_PAGE_MAX ? CONTROL_PAGE_MAX : l->left;
}

static struct json_object *
page_request(const struct listing *l)
{
	struct json_object *request = ask_about("list");

	filter_words_add(&l->o->filter, request);
	if (l->from != 0)
		json_object_object_add(request, "from", json_object_new_uint64(l->from));
	if (l->o->newest)
		json_object_object_add(request, "newest", json_object_new_boolean(1));
	json_object_object_add(request, "limit", json_object_new_uint64(page_limit(l)));
	return request;
}

/* Returns 0, or -1 after a message. */
static int
take_event(struct listing *l, struct json_object *event)
{
	unsigned long long number = number_of(ask_text(event, "number"));
	int fits = l->o->field != NULL ? field_words_fits(l->o->field, number) : 1;

	if (fits <= 0)
		return fits;
	if (--l->left == 0 && l->o->field != NULL)
		l->from = l->o->newest ? number - 1 : number + 1;
	if (!l->o->json)
		return event_row(l->table, event);
	ask_print_json(event);
	return 0;
}

/* No more is wanted, though the page may go on. */
static bool
is_full(const struct listing *l)
{
	return l->o->field != NULL && l->left == 0;
}

/* Returns 0, also where no more is wanted and the rest of the page is left unread; or -1. */
static int
one_page(struct listing *l)
{
	struct json_object *answer, *end, *next;
	int failed = 0;

	if (ask_send(l->stream, page_request(l)) != 0)
		return -1;
	while (failed == 0 && !is_full(l) && (answer = ask_receive(l->stream)) != NULL) {
		if (json_object_object_get_ex(answer, "end", &end)) {
			l->from = json_object_object_get_ex(answer, "next", &next) ? json_object_get_uint64(next) : 0;
			json_object_put(answer);
			return 0;
		}
		failed = take_event(l, answer);
		json_object_put(answer);
	}
	return failed == 0 && is_full(l) ? 0 : -1;
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
	struct listing l = {.o = o,
	    .stream = ask_open(conf),
	    .table = table_new(event_headings, EVENT_COLUMNS),
	    .from = o->from,
	    .left = o->limit != 0 ? o->limit : ULLONG_MAX};
	int failed = l.stream == NULL || l.table == NULL || (o->field != NULL && field_words_open(o->field, conf) != 0);

	while (!failed) {
		failed = one_page(&l) != 0;
		table_write(l.table, stdout, isatty(STDOUT_FILENO));
		if (l.left == 0)
			say_more(&l);
		if (l.left == 0 || l.from == 0)
			break;
	}
	table_free(l.table);
	if (l.stream != NULL)
		fclose(l.stream);
	return failed || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Returns 0, or EXIT_USAGE after a message. */
static int
take_field(struct options *o, const char *words)
{
	if (o->field != NULL)
		return usage_error("--field can be given once");
	return (o->field = field_words_new(words)) != NULL ? 0 : EXIT_USAGE;
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
	case 'w':
		return take_field(o, optarg);
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
	    {"from", required_argument, NULL, 'f'}, {"limit", required_argument, NULL, 'l'},
	    {"field", required_argument, NULL, 'w'}, FILTER_OPTIONS, {NULL, 0, NULL, 0}};
	struct options o = {.from = 0};
	int option, status = 0;

	optind = 0;
	while (status == 0 && (option = getopt_long(argc, argv, "+", options, NULL)) != -1)
		status = take_option(&o, option);
	if (status == 0)
		status = optind != argc ? usage_error("list takes no words") : list(conf, &o);
	field_words_free(o.field);
	return status;
}
