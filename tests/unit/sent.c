/* Variables are few: they are looked for one by one, as libfcgi does. */
#include "sent.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VARIABLES_MAX 32

static char directory[] = "/tmp/hookspool-sent-XXXXXX";
static struct {
	const char *name, *value;
} variables[VARIABLES_MAX];

static void
put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	ck_assert_ptr_nonnull(file = fopen(path, "we"));
	for (const char *c = text; *c != '\0'; c++)
		if (*c == '@')
			fputs(directory, file);
		else
			fputc(*c, file);
	fclose(file);
}

struct conf *
sent_conf(const char *lines)
{
	const char *source = getenv("HOOKSPOOL_SOURCE");
	char text[8192], path[128];
	struct conf *conf;

	strcpy(strrchr(directory, '-') + 1, "XXXXXX");
	umask(077);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	put("secret", "Jefe-is-the-secret\nanother-secret\n");
	put("token", "a-known-token\n");
	snprintf(text, sizeof text, "presets = '%s/src/presets'\nspool = '@'\nsocket = '@/submit'\n%s",
	    source != NULL ? source : ".", lines);
	put("conf", text);
	snprintf(path, sizeof path, "%s/conf", directory);
	ck_assert_ptr_nonnull(conf = conf_read(path, CONF_SECRETS, stderr));
	return conf;
}

void
sent_clean(void)
{
	static const char *const names[] = {"secret", "token", "conf"};
	char path[128];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, names[i]);
		unlink(path);
	}
	rmdir(directory);
	memset(variables, 0, sizeof variables);
}

void
sent_set(const char *name, const char *value)
{
	size_t i = 0;

	while (i < VARIABLES_MAX && variables[i].name != NULL && strcmp(variables[i].name, name) != 0)
		i++;
	ck_assert_uint_lt(i, VARIABLES_MAX);
	variables[i].name = name;
	variables[i].value = value;
}

const char *
sent_param(void *unused, const char *name)
{
	static const char *const usual[][2] = {{"REQUEST_METHOD", "POST"}, {"REQUEST_URI", "/s"}, {"HTTPS", "on"},
	    {"CONTENT_TYPE", "application/json"}, {"REMOTE_ADDR", "192.0.2.7"}};

	(void)unused;
	for (size_t i = 0; i < VARIABLES_MAX && variables[i].name != NULL; i++)
		if (strcmp(variables[i].name, name) == 0)
			return variables[i].value;
	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
		if (strcmp(usual[i][0], name) == 0)
			return usual[i][1];
	return NULL;
}

const struct webhook *
sent(const char *body)
{
	static struct asked asked;
	static struct webhook webhook;

	asked_read(&asked, sent_param, NULL);
	asked.address = asked.peer;
	webhook = (struct webhook){&asked, body, strlen(body), SENT_NOW_MS};
	return &webhook;
}
