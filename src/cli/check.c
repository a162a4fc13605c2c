/* hookspool check: whether the configuration is right, what protects the spool, and whether a hookspoold that runs can go over to it. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "ask.h"
#include "usage.h"
#include "verbs.h"

#define PATIENCE_SECONDS 10 /* with a hookspoold that says nothing */
#define EXIT_RESTART 3	    /* hookspool(1) */

/* Asks hookspoold; where none runs, it isn't ours to ask, or it has another file, there is nothing to say. */
static int
check_running(const struct conf *conf)
{
	struct json_object *request = ask_about("check"), *answer = NULL;
	char *file = realpath(conf->file, NULL), *line = NULL;
	FILE *stream = file != NULL ? ask_quietly(conf) : NULL;
	int status = EXIT_SUCCESS;
	size_t size = 0;
	const struct timeval patience = {PATIENCE_SECONDS, 0};

	if (stream != NULL)
		setsockopt(fileno(stream), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	ask_add(request, "file", file != NULL ? file : "");
	if (stream != NULL && ask_send(stream, request) == 0 && getline(&line, &size, stream) > 0)
		answer = json_tokener_parse(line);
	if (stream == NULL)
		json_object_put(request);
	else
		fclose(stream);
	if (answer != NULL && strcmp(ask_text(answer, "error"), "refused") == 0) {
		fputs("hookspool: the hookspoold that runs can't go over to it by reload:\n", stderr);
		ask_print(stderr, ask_text(answer, "message"));
		status = EXIT_RESTART;
	}
	json_object_put(answer);
	free(line);
	free(file);
	return status;
}

/* What a power cut could do to the spool's pages; of a directory that is not there, or not ours to see, there is nothing to say. */
static void
print_protection(const struct conf *conf)
{
	char why[PAGE_JOURNAL_WHY_MAX];

	if (access(conf->spool, F_OK) != 0)
		return;
	page_journal_decide(conf->page_journal, conf->spool, why);
	printf("%s: pages: %s\n", conf->spool, why);
}

int
check_main(const struct conf *conf, int argc, char **argv)
{
	size_t hooks = 0;

	(void)argv;
	if (argc != 1)
		return usage_error("check takes no words");
	for (size_t i = 0; i < conf->nsources; i++)
		hooks += conf->sources[i].nhooks;
	printf("%s: ok: %zu sources, %zu hooks\n", conf->file, conf->nsources, hooks);
	print_protection(conf);
	fflush(stdout);
	return check_running(conf);
}
