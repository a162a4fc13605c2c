/* hookspoold: see hookspoold(8). */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "../conf/conf.h"
#include "../lib/program.h"
#include "../runner/runner.h"
#include "../spooler/life.h"

#define LONG_MEMORY (256 << 10) /* bytes */

static const char usage[] = "usage: hookspoold [-dhV] [-c file]\n";

int
main(int argc, char **argv)
{
	const char *file = program_options(argc, argv, "hookspoold", usage);
	struct conf *conf;

	mallopt(M_MMAP_THRESHOLD, LONG_MEMORY); /* what a burst of long webhooks took goes back to the system */
	if ((conf = conf_read(conf_file(file), CONF_HOOKS, stderr)) == NULL)
		return EXIT_FAILURE;
	return life_main(conf, runner_main);
}
