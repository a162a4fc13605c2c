/* Whoever starts it again, the service manager or a responder, has it recover. */
#include "broken.h"

#include <stdlib.h>
#include <unistd.h>

#include "../lib/log.h"
#include "../spool/spool.h"

void
broken_check(const struct spool *spool)
{
	if (!spool_broken(spool))
		return;
	log_error("spool: beyond use until it is opened anew; hookspoold ends, and the next start recovers it");
	_exit(EXIT_FAILURE);
}
