/* What the configuration's own files share; nobody else includes this. */
#ifndef HOOKSPOOL_CONF_PRIVATE_H
#define HOOKSPOOL_CONF_PRIVATE_H

#include <confuse.h>
#include <stdbool.h>
#include <stdio.h>

#include "conf.h"

struct reader {
	FILE *errors;
	unsigned what;	     /* CONF_SECRETS, CONF_HOOKS */
	unsigned complaints; /* so far */
	const char *presets; /* directory */
};

/* One line "file:line: text" on the errors. */
void complain(struct reader *, const cfg_t *, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A section with its preset behind it: an option that is not set in the first is looked for in the second (or NULL). */
struct layers {
	cfg_t *own, *preset;
};

/* An option that was set somewhere, or NULL; *WHERE is the section it was found in.  Its line. */
cfg_opt_t *layers_find(const struct layers *, const char *name, cfg_t **where);
unsigned line_of(const cfg_opt_t *, const cfg_t *);

/* Set *OUT from the option if it was set; complain about what is not in its range. */
void take_text(struct reader *, const struct layers *, const char *name, char **out);
void take_bool(const struct layers *, const char *name, bool *out);
void take_number(struct reader *, const struct layers *, const char *name, unsigned min, unsigned max, unsigned *out);
void take_duration(struct reader *, const struct layers *, const char *name, uint64_t min, uint64_t max, uint64_t *out);
void take_size(struct reader *, const struct layers *, const char *name, uint64_t min, uint64_t max, uint64_t *out);
void take_selector(struct reader *, const struct layers *, const char *name, struct selector **out);

/* Parse FILE in the grammar of a preset.  Returns owned (cfg_free()), or NULL after a complaint. */
cfg_t *preset_read(struct reader *, const char *file);

/* Fill SOURCE from its section. */
void source_read(struct reader *, cfg_t *section, struct source *);
void source_free(struct source *);
void hook_read(struct reader *, cfg_t *section, struct hook *);

#endif
