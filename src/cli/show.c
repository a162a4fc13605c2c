/* hookspool show, body, status: one question, one answer. */
#include <getopt.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "ask.h"
#include "event_row.h"
#include "table.h"
#include "usage.h"
#include "verbs.h"

struct options {
	bool json;
};

/* Returns 0; the words behind the options begin at optind. */
static int
parse(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option == 'j')
			o->json = true;
		else
			return usage_error("no such option");
	}
	return 0;
}

static struct json_object *
request(const char *verb, unsigned long long number)
{
	struct json_object *r = ask_about(verb);

	if (number != 0)
		json_object_object_add(r, "number", json_object_new_uint64(number));
	return r;
}

/* Lines "name  value"; what is inside an object or a list is indented below its name. */
static void
print(struct json_object *o, int indent)
{
	if (!json_object_is_type(o, json_type_object))
		return;
	json_object_object_foreach(o, name, value)
	{
		if (json_object_is_type(value, json_type_array)) {
			for (size_t i = 0; i < json_object_array_length(value); i++) {
				printf("%*s%s %zu\n", indent, "", name, i + 1);
				print(json_object_array_get_idx(value, i), indent + 4);
			}
		} else if (json_object_is_type(value, json_type_object)) {
			printf("%*s%s\n", indent, "", name);
			print(value, indent + 4);
		} else {
			printf("%*s%-14s ", indent, "", name);
			ask_print(stdout, value == NULL ? "-" : json_object_get_string(value));
			putchar('\n');
		}
	}
}

static int
print_answer(struct json_object *answer, bool json)
{
	if (answer == NULL)
		return EXIT_FAILURE;
	if (json)
		ask_print_json(answer);
	else
		print(answer, 0);
	json_object_put(answer);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
show_main(const struct conf *conf, int argc, char **argv)
{
	struct options o = {false};
	unsigned long long number;

	if (parse(argc, argv, &o) != 0)
		return EXIT_USAGE;
	if (optind + 1 != argc || (number = number_of(argv[optind])) == 0)
		return usage_error("show takes an event's number");
	return print_answer(ask_one(conf, request("show", number)), o.json);
}

int
status_main(const struct conf *conf, int argc, char **argv)
{
	struct options o = {false};

	if (parse(argc, argv, &o) != 0)
		return EXIT_USAGE;
	if (optind != argc)
		return usage_error("status takes no words");
	return print_answer(ask_one(conf, request("status", 0)), o.json);
}

static int
copy_body(FILE *stream, struct json_object *answer)
{
	struct json_object *bytes;
	char buffer[65536];
	uint64_t left = json_object_object_get_ex(answer, "bytes", &bytes) ? json_object_get_uint64(bytes) : 0;

	while (left > 0) {
		size_t n = fread(buffer, 1, left < sizeof buffer ? left : sizeof buffer, stream);

		if (n == 0) {
			fputs("hookspool: hookspoold ended the connection\n", stderr);
			return EXIT_FAILURE;
		}
		if (fwrite(buffer, 1, n, stdout) != n)
			break;
		left -= n;
	}
	if (left == 0 && fflush(stdout) == 0)
		return EXIT_SUCCESS;
	perror("hookspool: standard output");
	return EXIT_FAILURE;
}

int
body_main(const struct conf *conf, int argc, char **argv)
{
	unsigned long long number = argc == 2 ? number_of(argv[1]) : 0;
	struct json_object *answer;
	int status = EXIT_FAILURE;
	FILE *stream;

	if (number == 0)
		return usage_error("body takes an event's number");
	if ((stream = ask_open(conf)) == NULL)
		return EXIT_FAILURE;
	if (ask_send(stream, request("body", number)) == 0 && (answer = ask_receive(stream)) != NULL) {
		status = copy_body(stream, answer);
		json_object_put(answer);
	}
	fclose(stream);
	return status;
}
