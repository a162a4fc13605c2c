/*
 * The reader's core, which knows no section: what complains, what a file says, what an option means.  Private to this room, as
 * conf_parts.h, which stands above it: the parts of a configuration, each by the core.
 *
 *   conf_reader.c     complaints, and what is made in memory
 *   conf_stamp.c      the files that were read, so that a change is noticed
 *   conf_text.c       a file's text, made safe for libconfuse
 *   conf_parse.c      libconfuse: the grammar, syntax errors, include
 *   conf_units.c      durations and sizes
 *   conf_option.c     options: from text to value, with default and range
 *   conf_template.c   texts with places in braces
 *   conf_network.c    networks
 *
 * A reader goes on after a complaint, so that one run shows as many as possible; what it built is then thrown away.
 */
#ifndef HOOKSPOOL_CONF_READER_H
#define HOOKSPOOL_CONF_READER_H

#include <confuse.h>

#include "conf.h"

/* A value of OPTION: its text and where it stands. */
struct setting {
	const char *option;
	const char *text; /* NULL: only the place matters */
	const char *file; /* NULL: nowhere, such as a default */
	unsigned line;	  /* 0: no line, only the file */
};

struct conf_reader {
	FILE *errors;
	unsigned what; /* CONF_SECRETS, CONF_HOOKS, CONF_NAMES */
	unsigned complaints;
	char *presets;		    /* directory */
	struct conf_stamps *stamps; /* NULL: nobody asks */
};

/* Print "file:line: text" and count it.  WHERE may be NULL: nowhere in a file, such as want of memory. */
void conf_complain(struct conf_reader *, const struct setting *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* FILE is about to be read: look at it, if anybody asks.  Without memory it is left out, and its changes are not noticed. */
void conf_stamp(struct conf_reader *, const char *file);

/* strdup() and calloc() that complain; NULL then. */
char *conf_copy(struct conf_reader *, const char *text);
void *conf_array(struct conf_reader *, size_t n, size_t size);

/* Read into BYTES until they are full (SIZE) or the file ends.  Returns how many, or -1 with errno. */
ssize_t conf_fill(int fd, void *bytes, size_t size);

/*
 * The text of FILE with comments blanked out, or NULL after a complaint; FROM is where the file was named, or NULL.
 * Returns owned.
 */
char *conf_text_read(struct conf_reader *, const char *file, const struct setting *from, size_t *len);

/* "500ms", "30s", "5m", "12h", "7d" into milliseconds; "64k", "10M", "1G" or plain bytes.  Return 0, or -1. */
int conf_parse_duration(const char *text, uint64_t *ms);
int conf_parse_size(const char *text, uint64_t *bytes);

/* Parse a configuration file, or a preset.  Returns owned (cfg_free()), or NULL after a complaint. */
enum conf_grammar { CONF_MAIN, CONF_PRESET };
cfg_t *conf_parse(struct conf_reader *, enum conf_grammar, const char *file, const struct setting *from);

/* What SECTION (may be NULL) says; borrowed.  An option that was not given has no values. */
size_t conf_settings(cfg_t *section, const char *name);
const struct setting *conf_setting(cfg_t *section, const char *name, size_t index); /* or NULL */
size_t conf_sections(cfg_t *section, const char *name);
cfg_t *conf_section(cfg_t *section, const char *name, size_t index); /* or NULL */
bool conf_has_section(cfg_t *section, const char *name, const char *title);

/* Where a section begins. */
const struct setting *conf_where(cfg_t *section);

/* OWN where it has values for NAME or PRESET (may be NULL) has none; otherwise PRESET. */
cfg_t *conf_layer(cfg_t *own, cfg_t *preset, const char *name);

/* A simple option of a section; MIN and MAX are written as the option is. */
enum conf_kind {
	CONF_TEXT,     /* char *, not empty */
	CONF_PATH,     /* char *, an absolute path */
	CONF_BOOL,     /* bool */
	CONF_UNSIGNED, /* unsigned */
	CONF_NUMBER,   /* uint64_t */
	CONF_DURATION, /* uint64_t, milliseconds */
	CONF_SIZE,     /* size_t, bytes */
	CONF_BYTES     /* uint64_t, bytes */
};
struct conf_option {
	const char *name;
	enum conf_kind kind;
	size_t offset;	      /* in the struct that is filled */
	const char *fallback; /* NULL: none, the place stays as it is */
	const char *min, *max;
};

/* Fill INTO by OPTIONS (up to one without a name). */
void conf_options(struct conf_reader *, const struct conf_option *options, void *into, cfg_t *own, cfg_t *preset);

/* The value that an option's text names.  Without SETTING, FALLBACK. */
struct conf_choice {
	const char *name; /* NULL ends the list */
	int value;
};
int conf_choose(struct conf_reader *, const struct setting *, const struct conf_choice *, int fallback);

/* A list option as a NULL-terminated array.  Returns owned, all of it, or NULL when it has no values. */
char **conf_list(struct conf_reader *, cfg_t *section, const char *name);

/* The selector that TEXT, of an option's value, is; KINDS are bits 1 << enum selector_kind.  Returns owned, or NULL. */
struct selector *conf_selector(struct conf_reader *, const struct setting *, const char *text, unsigned kinds);

/* A list option of networks.  Returns owned, or NULL: none. */
struct network *conf_networks(struct conf_reader *, cfg_t *section, const char *name, size_t *n);

/*
 * Cut a text into literals and what stands between braces; "{{" is a brace itself.  At most CONF_TEMPLATE_MAX pieces.  Returns owned
 * (conf_template_free()), or NULL after a complaint.
 */
struct template_piece {
	bool place;
	char *text;
};
struct template_piece *conf_template(struct conf_reader *, const struct setting *, size_t *n);
void conf_template_free(struct template_piece *, size_t n);

#endif
