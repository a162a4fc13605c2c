/*
 * A source for each preset, and a request for one of them as the input says it: lines "source", then "CGI_VARIABLE: value", an empty line, the
 * body.
 */
#ifndef HOOKSPOOL_FUZZ_SOURCES_H
#define HOOKSPOOL_FUZZ_SOURCES_H

#include <stddef.h>

#include "../../src/conf/conf.h"
#include "../../src/webhook/verdict.h"

#define SOURCES_VARIABLES_MAX 40
#define SOURCES_VARIABLES_READ 32 /* of the input: the others have a place for sources_set() */
#define SOURCES_KEY "ed25519"	  /* the private key's file, of the source that has such a signature */

struct sources {
	struct conf *conf;
	struct verdict_rules **rules; /* by source */
	char directory[32];	      /* where their secrets are */
};

/* Read them.  The directory is removed at the process's end. */
void sources_read(struct sources *);

struct sources_request {
	size_t index; /* of the source */
	char *body;
	size_t body_len;
	struct {
		const char *name, *value;
	} variables[SOURCES_VARIABLES_MAX];
	size_t nvariables;
};

/* Cut TEXT, LEN bytes and a NUL, which the request borrows from.  Returns 0, or -1: there is no such source, or no body. */
int sources_split(const struct sources *, char *text, size_t len, struct sources_request *);

/* As asked_param(). */
const char *sources_param(void *request, const char *name);

/* Set a variable, in the place of one that is there. */
void sources_set(struct sources_request *, const char *name, const char *value);

#endif
