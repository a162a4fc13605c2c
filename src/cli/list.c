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

	ask_add(request, "source", l->o->source);
	ask_add(request, "event", l->o->event);
	ask_add(request, "state", l->o->state);
	json_object_object_add(request, "from", json_object_new_uint64(l->from));
	json_object_object_add(request, "limit", json_object_new_uint64(l->limit));
	if (l->o->secret != 0)
		json_object_object_add(request, "secret", json_object_new_uint64(l->o->secret));
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

static int
list(const struct conf *conf, const struct options *o)
{
	struct listing l = {.o = o, .stream = ask_open(conf), .table = table_new(event_headings, EVENT_COLUMNS)};
	unsigned long long left = o->limit;
	long n = 0;

	for (l.from = o->from; l.stream != NULL && l.table != NULL && l.from != 0;) {
		l.limit = o->limit == 0 || left > CONTROL_PAGE_MAX ? CONTROL_PAGE_MAX : left;
		if ((n = one_page(&l)) < 0)
			break;
		table_write(l.table, stdout, isatty(STDOUT_FILENO));
		if (o->limit != 0 && (left -= (unsigned long long)n) == 0)
			break;
	}
	table_free(l.table);
	if (l.stream == NULL)
		return EXIT_FAILURE;
	fclose(l.stream);
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
