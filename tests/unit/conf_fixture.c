#include "conf_fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char directory[] = "/tmp/hookspool-conf-XXXXXX";
char *errors;

/* TEXT with each '@' replaced by the directory.  Returns owned. */
static char *
expand(const char *text)
{
	char *out = NULL;
	size_t size;
	FILE *stream = open_memstream(&out, &size);

	for (; *text != '\0'; text++) {
		if (*text == '@')
			fputs(directory, stream);
		else
			fputc(*text, stream);
	}
	fclose(stream);
	return out;
}

void
put_bytes(const char *name, const void *bytes, size_t len, mode_t mode)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

void
put(const char *name, const char *text)
{
	char *expanded = expand(text);

	put_bytes(name, expanded, strlen(expanded), 0600);
	free(expanded);
}

struct conf *
read_again(unsigned what)
{
	char path[PATH_MAX];
	size_t size;
	FILE *stream;
	struct conf *conf;

	snprintf(path, sizeof(path), "%s/%s", directory, MAIN);
	free(errors);
	errors = NULL;
	stream = open_memstream(&errors, &size);
	conf = conf_read(path, what, stream);
	fclose(stream);
	return conf;
}

struct conf *
read_as(const char *text, unsigned what)
{
	put(MAIN, text);
	return read_again(what);
}

struct conf *
read_good(const char *text)
{
	struct conf *conf = read_as(text, CONF_SECRETS | CONF_HOOKS);

	ck_assert_msg(conf != NULL, "refused: %s", errors);
	ck_assert_str_eq(errors, "");
	return conf;
}

void
said(const char *line)
{
	char *expanded = expand(line);

	ck_assert_msg(strstr(errors, expanded) != NULL, "expected \"%s\", found \"%s\"", expanded, errors);
	free(expanded);
}

void
refused_as(const char *text, const char *line, unsigned what)
{
	char start[4096];

	snprintf(start, sizeof(start), "@/" MAIN ":%s", line);
	ck_assert_msg(read_as(text, what) == NULL, "accepted: %s", text);
	said(start);
}

void
refused_secret(const char *text, const char *line)
{
	char start[4096];

	snprintf(start, sizeof(start), "@/secret:%s", line);
	ck_assert_msg(read_as(text, CONF_SECRETS | CONF_HOOKS) == NULL, "accepted: %s", text);
	said(start);
}

void
refused(const char *text, const char *line)
{
	refused_as(text, line, CONF_SECRETS | CONF_HOOKS);
}

char *
source(const char *body)
{
	char *text;

	ck_assert_int_ne(
	    asprintf(&text, HEAD "source shop { path = /shop secret-file = '@/secret' preset = plain\n%s\n}\n", body),
	    -1);
	return text;
}

void
refused_secret_in_source(const char *body, const char *line)
{
	char *text = source(body);

	refused_secret(text, line);
	free(text);
}

void
refused_in_source(const char *body, const char *line)
{
	char *text = source(body);

	refused(text, line);
	free(text);
}

struct conf *
good_source(const char *body)
{
	char *text = source(body);
	struct conf *conf = read_good(text);

	free(text);
	return conf;
}

static void
set_up(void)
{
	strcpy(strrchr(directory, '-') + 1, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	put("secret", "correct horse\n");
	put("plain.conf",
	    "signature { algorithm = hmac-sha256 from = header:X-Signature }\n"
	    "event = body:/type\nid = { body:/id }\n");
	put_bytes("hook", "#!/bin/sh\n", 10, 0700);
	put_bytes("data", "", 0, 0600);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
tear_down(void)
{
	nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(errors);
	errors = NULL;
}

void
change(const char *name, mode_t mode)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	ck_assert_int_eq(chmod(path, mode), 0);
}

void
refused_by_all(const char *line)
{
	static const unsigned all[] = {0, CONF_SECRETS, CONF_HOOKS, CONF_NAMES};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		ck_assert_ptr_null(read_again(all[i]));
		said(line);
	}
}

static Suite *suite;

TCase *
conf_cases(const char *module)
{
	TCase *t = tcase_create(module);

	suite = suite_create(module);
	tcase_add_checked_fixture(t, set_up, tear_down);
	suite_add_tcase(suite, t);
	return t;
}

int
conf_run(void)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
