/*
 * A webhook that a test sends, and the configuration that it is judged by.
 */
#ifndef HOOKSPOOL_TESTS_SENT_H
#define HOOKSPOOL_TESTS_SENT_H

#include "../../src/conf/conf.h"
#include "../../src/webhook/asked.h"
#include "../../src/webhook/webhook.h"

#define SENT_NOW_MS 1700000000000u

/*
 * The configuration of these lines: presets are those of the source tree, and "@" is a directory that has a file "secret" with the lines
 * "Jefe-is-the-secret" and "another-secret", and "token" with "a-known-token".  Owned.
 */
struct conf *sent_conf(const char *lines);

/* Remove the directory, and forget what was set. */
void sent_clean(void);

/* From now on requests have the CGI variable NAME; VALUE NULL: they have not. */
void sent_set(const char *name, const char *value);

/* A variable, or NULL. */
const char *sent_param(void *unused, const char *name);

/* A POST of JSON over HTTPS from 192.0.2.7, with BODY, changed as was said above.  Borrowed until the next one. */
const struct webhook *sent(const char *body);

#endif
