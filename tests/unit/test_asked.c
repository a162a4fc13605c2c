/* What was asked for, out of what web servers really send: tests/servers.txt, recorded from them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/webhook/asked.h"

#define VARIABLES_MAX 32

struct record {
	char title[64];
	char *names[VARIABLES_MAX], *values[VARIABLES_MAX];
	size_t n;
};

static const char *
param(void *context, const char *name)
{
	const struct record *r = context;

	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->names[i], name) == 0)
			return r->values[i];
	return NULL;
}

static void
clear(struct record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->names[i]);
		free(r->values[i]);
	}
	r->n = 0;
}

static void
check(struct record *r)
{
	struct asked asked;
	bool tls = strstr(r->title, " tls]") != NULL, busybox = strstr(r->title, "[busybox") != NULL;

	ck_assert_msg(r->n > 5, "%s is empty", r->title);
	asked_read(&asked, param, r);
	/* busybox runs what lies in cgi-bin, and tells a URI that it has decoded. */
	ck_assert_msg(strcmp(asked.path, busybox ? "/cgi-bin/hookspool.cgi/any/x" : "/webhooks/an%79/x") == 0, "%s: %s",
	    r->title, asked.path);
	ck_assert_msg(asked.https == tls, "%s: is it TLS?", r->title);
	ck_assert_msg(asked_header(&asked, "HTTP_X_SIGNATURE") != NULL &&
		strcmp(asked_header(&asked, "HTTP_X_SIGNATURE"), "Ab") == 0,
	    "%s: the header in another case", r->title);
	ck_assert_msg(asked_header(&asked, "HTTP_AUTHORIZATION") != NULL, "%s: Authorization was stripped", r->title);
	ck_assert_msg(strcmp(asked.query, "q=1&r=%20") == 0, "%s: query", r->title);
}

START_TEST(every_server_is_understood)
{
	char line[1024], name[1024];
	struct record r = {.n = 0};
	const char *source = getenv("HOOKSPOOL_SOURCE");
	size_t records = 0;
	FILE *file;

	snprintf(name, sizeof name, "%s/tests/servers.txt", source != NULL ? source : ".");
	file = fopen(name, "r");
	ck_assert_msg(file != NULL, "%s is missing; is HOOKSPOOL_SOURCE the source tree?", name);
	while (fgets(line, sizeof line, file) != NULL) {
		char *equals = strchr(line, '=');

		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '[') {
			if (records++ > 0)
				check(&r);
			clear(&r);
			snprintf(r.title, sizeof r.title, "%.63s", line);
		} else if (equals != NULL && strcmp(equals, "=-") != 0 && r.n < VARIABLES_MAX) {
			r.names[r.n] = strndup(line, (size_t)(equals - line));
			r.values[r.n++] = strdup(equals + 1);
		}
	}
	check(&r);
	clear(&r);
	fclose(file);
	ck_assert_uint_gt(records, 20);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_none)
{
	static char uri[ASKED_PATH_SIZE + 2];
	struct record r = {.names = {(char *)"REQUEST_URI"}, .values = {uri}, .n = 1};
	struct asked asked;

	memset(uri, 'a', sizeof uri - 1);
	uri[0] = '/';
	asked_read(&asked, param, &r);
	ck_assert_str_eq(asked.path, "");
	uri[ASKED_PATH_SIZE - 1] = '?';
	asked_read(&asked, param, &r);
	ck_assert_uint_eq(strlen(asked.path), ASKED_PATH_SIZE - 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("asked");
	TCase *tc = tcase_create("asked");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, every_server_is_understood);
	tcase_add_test(tc, a_path_that_is_too_long_is_none);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
