/* hookspoold: see hookspoold(8). */
#include <stdio.h>
#include <stdlib.h>

#include "../lib/conf.h"
#include "../lib/program.h"
#include "hookspoold.h"

static const char usage[] = "usage: hookspoold [-hV] [-c file]\n";

int
main(int argc, char **argv)
{
	const char *file = program_options(argc, argv, "hookspoold", usage);
	struct conf *conf;

	if ((conf = conf_read(conf_file(file), CONF_HOOKS, stderr)) == NULL)
		return EXIT_FAILURE;
	return hookspoold_main(conf);
}
