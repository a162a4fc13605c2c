/* Texts of its own: the handover needs them when the configuration may be gone. */
#include "target.h"

#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"

struct target *
target_new(const struct conf *conf)
{
	struct target *target = calloc(1, sizeof *target);

	if (target == NULL)
		return NULL;
	target->autostart = conf->autostart;
	target->deadline_ms = conf->deadline_ms;
	if ((target->socket = strdup(conf->socket)) != NULL && (target->spooler = strdup(conf->spooler)) != NULL)
		return target;
	target_free(target);
	return NULL;
}

void
target_free(struct target *target)
{
	if (target == NULL)
		return;
	free(target->socket);
	free(target->spooler);
	free(target);
}
