/* hookspool suspend, resume, reload: a word to the spooler. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "usage.h"
#include "verbs.h"

static int
say(const struct conf *conf, const char *verb, const char *hook)
{
	struct json_object *request = ask_about(verb), *answer;

	ask_add(request, "hook", hook);
	if ((answer = ask_one(conf, request)) == NULL)
		return EXIT_FAILURE;
	json_object_put(answer);
	return EXIT_SUCCESS;
}

int
steer_main(const struct conf *conf, int argc, char **argv)
{
	int status = EXIT_SUCCESS;

	if (argc == 1 && strcmp(argv[0], "resume") == 0)
		return say(conf, "continue", NULL);
	for (int i = 1; i < argc || i == 1; i++)
		if (i >= argc || strchr(argv[i], '/') == NULL)
			return usage_error("which hook?  It is named source/title, as status shows it");
	for (int i = 1; i < argc; i++)
		if (say(conf, argv[0], argv[i]) != EXIT_SUCCESS)
			status = EXIT_FAILURE;
	return status;
}

int
pause_main(const struct conf *conf, int argc, char **argv)
{
	return argc != 1 ? usage_error("pause takes no words") : say(conf, argv[0], NULL);
}

int
reload_main(const struct conf *conf, int argc, char **argv)
{
	return argc != 1 ? usage_error("reload takes no words") : say(conf, argv[0], NULL);
}
