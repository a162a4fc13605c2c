/* From what an operator says to what is done, and back. */
#include "control_steer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "control_line.h"
#include "hook_steer.h"
#include "reload.h"
#include "spooler.h"

static void
steer(const struct control_request *r, int (*how)(struct spooler *, const char *))
{
	if (how(r->spooler, control_string(r->json, "hook")) != 0)
		control_put_errno(r->out, "hook");
	else
		control_put_end(r->out);
}

void
control_suspend(const struct control_request *r)
{
	steer(r, hook_steer_suspend);
}

void
control_resume(const struct control_request *r)
{
	steer(r, hook_steer_resume);
}

static void
steer_all(const struct control_request *r, int (*how)(struct spooler *))
{
	if (how(r->spooler) != 0)
		control_put_errno(r->out, "spool");
	else
		control_put_end(r->out);
}

void
control_pause(const struct control_request *r)
{
	steer_all(r, hook_steer_pause);
}

void
control_continue(const struct control_request *r)
{
	steer_all(r, hook_steer_go_on);
}

void
control_reload(const struct control_request *r)
{
	char *why = reload(r->spooler);

	if (why == NULL)
		control_put_end(r->out);
	else
		control_put_error(r->out, "refused", why);
	free(why);
}

/* By their real paths: the command may have been given another name for it. */
static bool
is_ours(const struct spooler *spooler, const char *file)
{
	char *ours = realpath(spooler->conf->file, NULL);
	bool same = file != NULL && ours != NULL && strcmp(file, ours) == 0;

	free(ours);
	return same;
}

void
control_check(const struct control_request *r)
{
	char *why = NULL;

	if (!is_ours(r->spooler, control_string(r->json, "file")))
		control_put_error(r->out, "other-file", "hookspoold runs with another configuration file");
	else if ((why = reload_check(r->spooler)) != NULL)
		control_put_error(r->out, "refused", why);
	else
		control_put_end(r->out);
	free(why);
}
