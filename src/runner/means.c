/* A runner that has run out of memory can keep no promise but this one. */
#include "means.h"

#include <stdlib.h>
#include <unistd.h>

#include "../lib/log.h"

void
means_exhausted(void)
{
	log_error("runner: out of memory");
	_exit(EXIT_FAILURE);
}
