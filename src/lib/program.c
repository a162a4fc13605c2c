/* By getopt(3). */
#include "config.h"

#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"

const char *
program_options(int argc, char **argv, const char *name, const char *usage)
{
	const char *file = NULL;
	int option;

	while ((option = getopt(argc, argv, "c:dhV")) != -1)
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 'd':
			log_debug_begin();
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		case 'V':
			printf("%s %s\n", name, PACKAGE_VERSION);
			exit(EXIT_SUCCESS);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	if (optind == argc)
		return file;
	fputs(usage, stderr);
	exit(2);
}
