/*
 * What the tests of the configuration share.  Each case has a directory of its own with a secret, a hook and a preset; '@' in the texts
 * that are given here stands for that directory.  The names are short because they are all that a case consists of.
 */
#ifndef HOOKSPOOL_TEST_CONF_FIXTURE_H
#define HOOKSPOOL_TEST_CONF_FIXTURE_H

#include <check.h>
#include <stddef.h>
#include <sys/types.h>

#include "../../src/conf/conf.h"

#define MAIN "hookspool.conf"
#define NOBODY 65534
#define HEAD "presets = '@'\n"

extern char directory[];
extern char *errors; /* what the last reading complained about */

/* A file of the directory, of mode 0600, and of the bytes as they are; its mode from now on. */
void put(const char *name, const char *text);
void put_bytes(const char *name, const void *bytes, size_t len, mode_t mode);
void change(const char *name, mode_t mode);

/* Read TEXT as the configuration, or what was put there.  Return what conf_read() does. */
struct conf *read_as(const char *text, unsigned what);
struct conf *read_again(unsigned what);

/* TEXT is read without a complaint. */
struct conf *read_good(const char *text);

/* LINE is part of what was complained about. */
void said(const char *line);

/* TEXT is refused, and one complaint begins with LINE: "3: unknown option" means that of line 3 of the file, or of the secret's. */
void refused(const char *text, const char *line);
void refused_as(const char *text, const char *line, unsigned what);
void refused_secret(const char *text, const char *line);

/* What was put there is refused, whatever is asked, and one complaint is LINE. */
void refused_by_all(const char *line);

/* A source that is complete but for BODY, in the lines after the first two; the text is returned owned. */
char *source(const char *body);
struct conf *good_source(const char *body);
void refused_in_source(const char *body, const char *line);
void refused_secret_in_source(const char *body, const char *line);

/* The only case of a program, named as the module that it tests, to add tests to; and a main's rest, which returns the status. */
TCase *conf_cases(const char *module);
int conf_run(void);

#endif
