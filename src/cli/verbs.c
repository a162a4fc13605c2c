/* The command line, and whose verb it is. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verbs.h"
#include "../conf/conf.h"

static const char usage[] =
    "usage: hookspool [-c file] verb ...\n"
    "  list [--json] [--source name] [--event glob] [--state state] [--secret n] [--from number] [--limit n]\n"
    "  show [--json] number     what is known of an event\n"
    "  body number              its bytes\n"
    "  retry [--json] [--hook hook] [--force] number ...\n"
    "  drop [--json] [--hook hook] number ...\n"
    "                           give what is queued or dead up\n"
    "  retry | drop --state dead|unhandled|queued|dropped [--source name] [--event glob] [--hook hook]\n"
    "                           all of them\n"
    "  suspend | resume source/title ...\n"
    "                           let a hook rest; let it run again\n"
    "  reload                   read the configuration again\n"
    "  follow [--hook name] number\n"
    "                           what its hook prints, as it comes\n"
    "  status [--json]\n"
    "  sign [--event type] [--id id] [--secret n] [--key file] [--timestamp n] [--method name] [--header line] source\n"
    "                           header lines for the body on standard input\n"
    "  explain --headers file [--at time] [--address address] source\n"
    "                           how a request with the body on standard input would be judged\n"
    "  check                    what is wrong with the configuration\n";

int
usage_error(const char *what)
{
	fprintf(stderr, "hookspool: %s\n%s", what, usage);
	return EXIT_USAGE;
}

int
no_source(const struct conf *conf, const char *name)
{
	fprintf(stderr, "hookspool: %s has no source \"%s\"\n", conf->file, name);
	return EXIT_FAILURE;
}

unsigned long long
number_of(const char *text)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	return *text < '0' || *text > '9' || *end != '\0' || errno != 0 ? 0 : value;
}

struct verb {
	const char *name;
	int (*run)(const struct conf *, int, char **);
	unsigned needs; /* of the configuration: see conf_read() */
};

static const struct verb verbs[] = {
    {"list", list_main, CONF_NAMES},
    {"show", show_main, CONF_NAMES},
    {"body", body_main, CONF_NAMES},
    {"retry", retry_main, CONF_NAMES},
    {"drop", drop_main, CONF_NAMES},
    {"suspend", steer_main, CONF_NAMES},
    {"resume", steer_main, CONF_NAMES},
    {"reload", reload_main, CONF_NAMES},
    {"follow", follow_main, CONF_NAMES},
    {"status", status_main, CONF_NAMES},
    {"sign", sign_main, CONF_SECRETS},
    {"explain", explain_main, CONF_SECRETS},
    {"check", check_main, CONF_SECRETS | CONF_HOOKS},
};

static int
run(const struct verb *verb, const char *file, int argc, char **argv)
{
	struct conf *conf = conf_read(conf_file(file), verb->needs, stderr);
	int status;

	if (conf == NULL)
		return EXIT_FAILURE;
	status = verb->run(conf, argc, argv);
	conf_free(conf);
	return status;
}

int
verbs_main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	const char *file = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "+c:hV", options, NULL)) != -1)
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("hookspool " PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	if (optind == argc)
		return usage_error("which verb?");
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(verbs[i].name, argv[optind]) == 0)
			return run(&verbs[i], file, argc - optind, argv + optind);
	return usage_error("there is no such verb");
}
