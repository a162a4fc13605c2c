/* The command line, and whose verb it is. */
#include "config.h"

#include "verbs.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "usage.h"

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
    {"pause", pause_main, CONF_NAMES},
    {"reload", reload_main, CONF_NAMES},
    {"follow", follow_main, CONF_NAMES},
    {"tail", tail_main, CONF_NAMES},
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

static bool
wants_help(int argc, char **argv)
{
	return argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
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
			fputs(usage_text, stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("hookspool " PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs(usage_text, stderr);
			return EXIT_USAGE;
		}
	if (optind == argc)
		return usage_error("which verb?");
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(verbs[i].name, argv[optind]) != 0)
			continue;
		if (!wants_help(argc - optind, argv + optind))
			return run(&verbs[i], file, argc - optind, argv + optind);
		usage_of(verbs[i].name);
		return EXIT_SUCCESS;
	}
	return usage_error("there is no such verb");
}
