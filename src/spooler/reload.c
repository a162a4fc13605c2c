/*
 * Nothing borrows from a configuration beyond the event loop's turn but the scheduler's slots, which are moved to the new one; a run has a
 * copy of what it needs to finish.
 */
#include "reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/log.h"
#include "../lib/text.h"
#include "../spool/spool.h"
#include "binding.h"
#include "hook_users.h"
#include "schedule.h"
#include "spooler.h"

#define VANISHED_TOLD 100 /* hooks looked at */

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* A hook of the configuration that is to be. */
struct wanted {
	const struct conf *conf;
	const struct source *source;
	const struct hook *hook;
};

/* The runner has its table of users for good. */
static bool
has_user(const struct spooler *spooler, const struct wanted *w, FILE *errors)
{
	if (hook_users_find(&spooler->accounts, w->hook) != -1)
		return true;
	fprintf(errors,
	    "%s: hook '%s': its user and groups were not configured when hookspoold was started; start it again\n",
	    w->conf->file, w->hook->title);
	return false;
}

/* A hook that the runner can't read of must be as it was: it has the programs that there were at the start. */
static bool
has_program(const struct spooler *spooler, const struct wanted *w, FILE *errors)
{
	const struct source *before = conf_source(spooler->conf, w->source->name);
	const struct hook *old = before != NULL ? conf_hook(before, w->hook->title) : NULL;

	if (spooler->runner_reads || (old != NULL && text_same_list(old->command, w->hook->command)))
		return true;
	fprintf(errors,
	    "%s: hook '%s': its command is new, and the hooks' user can't read this file, so that the runner knows only those that "
	    "there were when hookspoold was started; start it again, or let that user read it\n",
	    w->conf->file, w->hook->title);
	return false;
}

/* What was opened, locked or given up at the start can't be had anew.  Complains of what differs. */
static bool
can_follow(const struct spooler *spooler, const struct conf *new, FILE *errors)
{
	const struct conf *old = spooler->conf;
	const struct {
		const char *name;
		bool same;
	} fixed[] = {
	    {"spool", same(old->spool, new->spool)},
	    {"socket", same(old->socket, new->socket)},
	    {"control-socket", same(old->control_socket, new->control_socket)},
	    {"log", same(old->log, new->log)},
	    {"user", same(old->user, new->user)},
	    {"hook-user", same(old->hook_user, new->hook_user)},
	    {"submit-group", same(old->submit_group, new->submit_group)},
	    {"cache", old->cache == new->cache},
	    {"page-journal", old->page_journal == new->page_journal},
	};
	bool good = true;

	for (size_t i = 0; i < new->nsources; i++)
		for (size_t j = 0; j < new->sources[i].nhooks; j++) {
			const struct wanted w = {new, &new->sources[i], &new->sources[i].hooks[j]};

			good &= has_user(spooler, &w, errors) & has_program(spooler, &w, errors);
		}
	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
		if (!fixed[i].same) {
			fprintf(errors, "%s: option '%s' can't change while hookspoold runs; start it again\n",
			    new->file, fixed[i].name);
			good = false;
		}
	return good;
}

static void
log_lines(char *text)
{
	char *rest = text;

	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (line[0] != '\0')
			log_error("reload: %s", line);
		if (rest != NULL)
			rest[-1] = '\n';
	}
	log_error("reload: the configuration stays as it was");
}

static char *
refused(char *why)
{
	if (why == NULL && (why = strdup("out of memory\n")) == NULL) {
		log_error("reload: out of memory");
		return NULL;
	}
	log_lines(why);
	return why;
}

/* The configuration as it is in the file now, if the spooler can follow it; else NULL with *WHY, owned, or NULL: no memory for that. */
static struct conf *
read_anew(const struct spooler *spooler, char **why)
{
	struct conf *new;
	size_t size;
	FILE *errors = open_memstream(why, &size);

	if (errors == NULL)
		return NULL;
	new = conf_read(spooler->conf->file, spooler->conf_reads, errors);
	if (new != NULL && !can_follow(spooler, new, errors)) {
		conf_free(new);
		new = NULL;
	}
	fclose(errors);
	if (new != NULL) {
		free(*why);
		*why = NULL;
	}
	return new;
}

char *
reload_check(const struct spooler *spooler)
{
	char *why = NULL;
	struct conf *new = read_anew(spooler, &why);

	if (new == NULL && why == NULL)
		why = strdup("out of memory\n");
	conf_free(new);
	return why;
}

/* What waits for a hook that is not there holds up its lane, and nobody would see why. */
static void
tell_vanished(struct spooler *spooler)
{
	char identity[SPOOL_HOOK_MAX + 1] = "";

	for (int i = 0; i < VANISHED_TOLD && spool_due_hook(spooler->spool, identity) == 0; i++)
		if (!binding_exists(spooler->conf, identity))
			log_warn(
			    "reload: %s is not configured any more: what waits for it is unhandled, and later events of its lanes wait; "
			    "put it back, or retry or drop them",
			    identity);
}

char *
reload(struct spooler *spooler)
{
	struct conf *old = spooler->conf, *new;
	char *why = NULL;

	if ((new = read_anew(spooler, &why)) == NULL)
		return refused(why);
	if (schedule_reload(spooler->schedule, new) != 0) {
		conf_free(new);
		return refused(NULL);
	}
	spooler->conf = new;
	spool_set_max_rejected(spooler->spool, new->max_rejected);
	spool_set_min_free(spooler->spool, new->min_free);
	conf_free(old);
	log_info("reload: %s is in use", new->file);
	tell_vanished(spooler);
	return NULL;
}
