/* The control socket's other end. */
#include "ask.h"

#include <errno.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/text.h"

FILE *
ask_quietly(const struct conf *conf)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), why;
	FILE *stream;

	strncpy(address.sun_path, conf->control_socket, sizeof address.sun_path - 1);
	if (fd != -1 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
	    (stream = fdopen(fd, "r+")) != NULL)
		return stream;
	why = errno;
	if (fd != -1)
		close(fd);
	errno = why;
	return NULL;
}

FILE *
ask_open(const struct conf *conf)
{
	FILE *stream = ask_quietly(conf);

	if (stream != NULL)
		return stream;
	if (errno == ENOENT || errno == ECONNREFUSED)
		fprintf(stderr, "hookspool: hookspoold is not running: nothing listens on %s\n", conf->control_socket);
	else
		fprintf(stderr, "hookspool: %s: %s\n", conf->control_socket, strerror(errno));
	return NULL;
}

void
ask_print(FILE *to, const char *text)
{
	size_t size = 4 * strlen(text) + 1;
	char *visible = malloc(size);

	for (; visible != NULL && *text != '\0'; text += text[0] == '\n') {
		size_t len = strcspn(text, "\n");

		fputs(text_visible(visible, size, text, len), to);
		text += len;
		if (*text == '\n')
			fputc('\n', to);
	}
	free(visible);
}

void
ask_print_json(struct json_object *answer)
{
	puts(json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

const char *
ask_text(struct json_object *answer, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(answer, name, &value) && value != NULL ? json_object_get_string(value) : "";
}

struct json_object *
ask_about(const char *verb)
{
	struct json_object *request = json_object_new_object();

	ask_add(request, "verb", verb);
	return request;
}

void
ask_add(struct json_object *request, const char *name, const char *text)
{
	if (text != NULL)
		json_object_object_add(request, name, json_object_new_string(text));
}

int
ask_send(FILE *stream, struct json_object *request)
{
	void (*before)(int) = signal(SIGPIPE, SIG_IGN); /* one that was turned away hears it as an error */
	int failed = fprintf(stream, "%s\n", json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN)) < 0 ||
	    fflush(stream) != 0;

	signal(SIGPIPE, before);
	json_object_put(request);
	if (failed)
		fprintf(stderr, "hookspool: hookspoold: %s\n", strerror(errno));
	return failed ? -1 : 0;
}

struct json_object *
ask_receive_any(FILE *stream)
{
	struct json_object *answer;
	char *line = NULL;
	size_t size = 0;
	ssize_t n = getline(&line, &size, stream);

	answer = n > 0 && line[n - 1] == '\n' ? json_tokener_parse(line) : NULL;
	free(line);
	if (json_object_is_type(answer, json_type_object))
		return answer;
	fputs("hookspool: hookspoold ended the connection\n", stderr);
	json_object_put(answer);
	return NULL;
}

struct json_object *
ask_receive(FILE *stream)
{
	struct json_object *answer = ask_receive_any(stream), *error, *message;

	if (answer == NULL || !json_object_object_get_ex(answer, "error", &error))
		return answer;
	if (json_object_object_get_ex(answer, "message", &message))
		error = message;
	fputs("hookspool: ", stderr);
	ask_print(stderr, json_object_is_type(error, json_type_string) ? json_object_get_string(error) : "refused");
	fputc('\n', stderr);
	json_object_put(answer);
	return NULL;
}

struct json_object *
ask_one(const struct conf *conf, struct json_object *request)
{
	FILE *stream = ask_open(conf);
	struct json_object *answer = NULL;

	if (stream == NULL) {
		json_object_put(request);
		return NULL;
	}
	if (ask_send(stream, request) == 0)
		answer = ask_receive(stream);
	fclose(stream);
	return answer;
}
