/*
 * The files that a configuration was read from, as they were then, so that a change is noticed.
 */
#ifndef HOOKSPOOL_CONF_STAMP_H
#define HOOKSPOOL_CONF_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

struct conf;

struct conf_stamp {
	char *path;
	bool there;
	struct stat st; /* if it is */
};

struct conf_stamps {
	struct conf_stamp *all;
	size_t n;
};

/*
 * As conf_read(), and fill STAMPS, also when the configuration is refused: the file, those it includes, presets, and, with CONF_SECRETS,
 * secrets.  What STAMPS had is forgotten first; it begins zeroed.
 */
struct conf *conf_read_stamped(const char *file, unsigned what, FILE *errors, struct conf_stamps *stamps);

/* Is any of the files another one, or not as it was? */
bool conf_stamps_changed(const struct conf_stamps *);

/* Look at PATH now.  Without memory it is left out, and its changes are not noticed. */
void conf_stamps_add(struct conf_stamps *, const char *path);
void conf_stamps_clear(struct conf_stamps *);

#endif
