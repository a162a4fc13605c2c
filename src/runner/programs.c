/* Looked up for each run, among as many hooks as there are: some dozens of comparisons beside a fork. */
#include "programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/log_flood.h"
#include "../lib/text.h"
#include "../protocol/run.h"
#include "../protocol/variable.h"

struct programs {
	const struct conf *now;
	struct conf *own; /* NOW, once it was read here */
	struct conf_stamps stamps;
	bool looked; /* STAMPS is of some reading */
};

static bool
is_hook(const struct hook *hook, const struct run_start *run)
{
	return text_same_list(hook->command, run->arguments) &&
	    strcmp(hook->directory != NULL ? hook->directory : "/", run->directory) == 0 &&
	    (hook->as.uid == ACCOUNT_SAME ? run->account == 0 : account_same(&hook->as, run->as));
}

/* Hookspool's own, which run_decode_start() has looked at, or one that the source maps. */
static bool
maps(const struct source *source, const char *variable)
{
	size_t len = strcspn(variable, "=");

	if (variable_is_own(variable, len) || strcmp(variable, RUN_PATH) == 0)
		return true;
	for (size_t i = 0; i < source->nenv; i++)
		if (strncmp(source->env[i].name, variable, len) == 0 && source->env[i].name[len] == '\0')
			return true;
	return false;
}

static bool
maps_all(const struct source *source, const struct run_start *run)
{
	for (size_t i = 0; run->variables[i] != NULL; i++)
		if (!maps(source, run->variables[i]))
			return false;
	return true;
}

bool
programs_in(const struct conf *conf, const struct run_start *run)
{
	for (size_t i = 0; i < conf->nsources; i++)
		for (size_t j = 0; j < conf->sources[i].nhooks; j++)
			if (is_hook(&conf->sources[i].hooks[j], run) && maps_all(&conf->sources[i], run))
				return true;
	return false;
}

struct programs *
programs_new(const struct conf *conf)
{
	struct programs *programs = calloc(1, sizeof *programs);

	if (programs != NULL)
		programs->now = conf;
	return programs;
}

void
programs_free(struct programs *programs)
{
	if (programs == NULL)
		return;
	conf_free(programs->own);
	conf_stamps_clear(&programs->stamps);
	free(programs);
}

/* Returns false: it has not changed, or can't be read. */
static bool
read_again(struct programs *programs)
{
	char *why = NULL;
	struct conf *conf;
	size_t size;
	FILE *errors;

	if (programs->looked && !conf_stamps_changed(&programs->stamps))
		return false;
	if ((errors = open_memstream(&why, &size)) == NULL)
		return false;
	conf = conf_read_stamped(programs->now->file, CONF_NAMES, errors, &programs->stamps);
	programs->looked = true;
	fclose(errors);
	if (conf == NULL) {
		log_flood(LOG_FLOOD_ERROR, "runner", "configuration", "runner: the configuration can't be read: %.*s",
		    why != NULL ? (int)strcspn(why, "\n") : 0, why != NULL ? why : "");
	} else {
		conf_free(programs->own);
		programs->now = programs->own = conf;
	}
	free(why);
	return conf != NULL;
}

bool
programs_have(struct programs *programs, const struct run_start *run)
{
	return programs_in(programs->now, run) || (read_again(programs) && programs_in(programs->now, run));
}
