/* hookspool follow NUMBER: a running hook's output, as it comes. */
#include <getopt.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/base64.h"
#include "../lib/text.h"
#include "ask.h"
#include "usage.h"
#include "verbs.h"

/* A line's end and a tab do no harm. */
static void
write_visible(FILE *to, const char *bytes, size_t len)
{
	char visible[4 * BASE64_BYTES_MAX + 1];

	while (len > 0) {
		size_t n = 0;

		while (n < len && bytes[n] != '\n' && bytes[n] != '\t')
			n++;
		fputs(text_visible(visible, sizeof visible, bytes, n), to);
		if (n < len)
			putc(bytes[n++], to);
		bytes += n;
		len -= n;
	}
}

static void
print_piece(struct json_object *line)
{
	FILE *to = strcmp(ask_text(line, "stream"), "stderr") == 0 ? stderr : stdout;
	const char *data = ask_text(line, "data");
	unsigned char bytes[BASE64_BYTES_MAX];
	ssize_t n = base64_decode(data, strlen(data), bytes, sizeof bytes);

	if (n <= 0)
		return;
	if (isatty(fileno(to)))
		write_visible(to, (const char *)bytes, (size_t)n);
	else
		fwrite(bytes, 1, (size_t)n, to);
	fflush(to);
}

/* Returns the exit status when this was the last line, else -1. */
static int
take_line(struct json_object *line)
{
	struct json_object *value;

	if (json_object_object_get_ex(line, "missed", &value) && json_object_get_uint64(value) > 0)
		fprintf(stderr, "hookspool: %s bytes were missed\n", json_object_get_string(value));
	if (json_object_object_get_ex(line, "end", &value)) {
		const char *result = ask_text(line, "result");
		bool good = (strcmp(result, "exited") == 0 || strcmp(result, "answered") == 0) &&
		    strcmp(ask_text(line, "code"), "0") == 0;

		fprintf(stderr, "hookspool: ended: %s %s\n", ask_text(line, "result"), ask_text(line, "code"));
		return good ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	print_piece(line);
	return -1;
}

static int
follow(const struct conf *conf, unsigned long long number, const char *hook)
{
	struct json_object *request = ask_about("follow"), *line;
	FILE *stream = ask_open(conf);
	int status = -1;

	json_object_object_add(request, "number", json_object_new_uint64(number));
	ask_add(request, "hook", hook);
	if (stream == NULL) {
		json_object_put(request);
		return EXIT_FAILURE;
	}
	if (ask_send(stream, request) != 0)
		status = EXIT_FAILURE;
	while (status < 0) {
		if ((line = ask_receive(stream)) == NULL)
			status = EXIT_FAILURE;
		else
			status = take_line(line);
		json_object_put(line);
	}
	fclose(stream);
	return status;
}

int
follow_main(const struct conf *conf, int argc, char **argv)
{
	static const struct option options[] = {{"hook", required_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	const char *hook = NULL;
	unsigned long long number;
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option != 'h')
			return EXIT_USAGE;
		hook = optarg;
	}
	if (optind + 1 != argc || (number = number_of(argv[optind])) == 0)
		return usage_error("follow takes an event's number");
	return follow(conf, number, hook);
}
