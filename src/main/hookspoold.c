/* hookspoold: see hookspoold(8). */
#include <stdio.h>
#include <stdlib.h>

#include "../conf/conf.h"
#include "../lib/program.h"
#include "../runner/runner.h"
#include "../spooler/life.h"

static const char usage[] = "usage: hookspoold [-dhV] [-c file]\n";

int
main(int argc, char **argv)
{
	const char *file = program_options(argc, argv, "hookspoold", usage);
	struct conf *conf;

	if ((conf = conf_read(conf_file(file), CONF_HOOKS, stderr)) == NULL)
		return EXIT_FAILURE;
	return life_main(conf, runner_main);
}
