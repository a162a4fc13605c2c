/* hookspoold: see hookspoold(8). */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/conf.h"
#include "../lib/log.h"
#include "hookspoold.h"

static const char usage[] = "usage: hookspoold [-hV] [-c file]\n";

int
main(int argc, char **argv)
{
	const char *file = NULL;
	struct conf *conf;
	int option, status;

	while ((option = getopt(argc, argv, "c:hV")) != -1)
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("hookspoold " PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return 2;
		}
	if (optind != argc) {
		fputs(usage, stderr);
		return 2;
	}
	if ((conf = conf_read(conf_file(file), CONF_HOOKS, stderr)) == NULL)
		return EXIT_FAILURE;
	if (log_open("hookspoold", conf->log) != 0) {
		fprintf(stderr, "hookspoold: can't open the log %s: %s\n", conf->log, strerror(errno));
		return EXIT_FAILURE;
	}
	status = hookspoold_main(conf);
	conf_free(conf);
	return status;
}
