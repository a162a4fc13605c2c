/* Each source has a hook, and none but the options without which its preset is not complete. */
#include "sources.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static const struct {
	const char *preset, *secret, *options;
} presets[] = {{"anycheck", "a", ""}, {"basic", "b", "event = 'body:/event' id = 'body:/id'"},
    {"bearer", "a", "event = 'body:/event' id = 'body:/id'"}, {"bitbucket", "a", ""}, {"discord", "h", ""},
    {"github", "a", ""}, {"gitlab", "a", ""}, {"hubspot", "a", "url = 'https://example.org/hubspot'"},
    {"meta", "a", "token-file = '@/a'"}, {"paddle", "a", ""}, {"pagerduty", "a", ""}, {"shopify", "a", ""},
    {"slack", "a", ""}, {"slack-command", "a", ""}, {"slack-interactive", "a", ""},
    {"square", "a", "url = 'https://example.org/square'"}, {"standard", "w", ""}, {"stripe", "a", ""},
    {"svix", "w", ""}, {"zoom", "a", ""}};

/* The key pair of RFC 8032, 7.1, test 1. */
static const struct {
	const char *name, *text;
} secrets[] = {{"a", "correct-horse-battery\n"}, {"b", "user:correct-horse-battery\n"},
    {"h", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n"},
    {"w", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"},
    {SOURCES_KEY, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\n"}};
#define SECRETS (sizeof secrets / sizeof secrets[0])

static struct sources *to_remove;

static void
clean_up(void)
{
	char path[128];

	for (size_t i = 0; i < SECRETS; i++) {
		snprintf(path, sizeof path, "%s/%s", to_remove->directory, secrets[i].name);
		unlink(path);
	}
	rmdir(to_remove->directory);
}

static void
put(const char *directory, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	FUZZ_HOLDS((file = fopen(path, "we")) != NULL);
	fputs(text, file);
	fclose(file);
}

/* In its options, "@" is the directory. */
static void
put_source(FILE *file, const char *directory, size_t i)
{
	const char *preset = presets[i].preset;

	fprintf(file,
	    "source '%s' { preset = '%s' path = '/%s' secret-file = '%s/%s' allow-from = '192.0.2.0/24'\n"
	    "  hook '*' { command = '/bin/true' } ",
	    preset, preset, preset, directory, presets[i].secret);
	for (const char *c = presets[i].options; *c != '\0'; c++)
		if (*c == '@')
			fputs(directory, file);
		else
			fputc(*c, file);
	fputs(" }\n", file);
}

static void
put_conf(const char *path, const char *directory)
{
	const char *source = getenv("HOOKSPOOL_SOURCE");
	FILE *file;

	FUZZ_HOLDS((file = fopen(path, "we")) != NULL);
	fprintf(file, "presets = '%s/src/presets'\ntrusted-proxies = { '10.0.0.0/8', '2001:db8::/32' }\n",
	    source != NULL ? source : ".");
	for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++)
		put_source(file, directory, i);
	fprintf(file,
	    "source 'fields' { path = '/fields' unsigned = true max-depth = 8 event = 'query:event' id = { 'body:/id', 'header:X-Id' }\n"
	    "  lane = 'body:/lane' env = { 'A=body:/a/0', 'B=header:X-B' }\n"
	    "  field '/id' { type = 'integer' required = true min = -5 max = 1e20 }\n"
	    "  field '/text' { type = 'string' min-length = 2 max-length = 4 pattern = '^[a-z]+$' }\n"
	    "  field '/at' { type = 'string' format = 'rfc3339' }\n"
	    "  field '/uuid' { type = 'string' format = 'uuid' } }\n");
	fclose(file);
}

void
sources_read(struct sources *sources)
{
	char path[128];

	umask(077);
	strcpy(sources->directory, "/tmp/hookspool-fuzz.XXXXXX");
	FUZZ_HOLDS(mkdtemp(sources->directory) != NULL);
	to_remove = sources;
	atexit(clean_up);
	for (size_t i = 0; i < SECRETS; i++)
		put(sources->directory, secrets[i].name, secrets[i].text);
	snprintf(path, sizeof path, "%s/conf", sources->directory);
	put_conf(path, sources->directory);
	FUZZ_HOLDS((sources->conf = conf_read(path, CONF_SECRETS, stderr)) != NULL);
	unlink(path);
	sources->rules = calloc(sources->conf->nsources, sizeof sources->rules[0]);
	for (size_t i = 0; i < sources->conf->nsources; i++)
		FUZZ_HOLDS((sources->rules[i] = verdict_rules_new(&sources->conf->sources[i])) != NULL);
}

int
sources_split(const struct sources *sources, char *text, size_t len, struct sources_request *request)
{
	char *end = text + len, *line = strsep(&text, "\n");
	const struct source *source = conf_source(sources->conf, line);

	request->nvariables = 0;
	while (text != NULL && (line = strsep(&text, "\n"))[0] != '\0') {
		char *value = strstr(line, ": ");

		if (value == NULL || request->nvariables == SOURCES_VARIABLES_READ)
			continue;
		*value = '\0';
		request->variables[request->nvariables].name = line;
		request->variables[request->nvariables++].value = value + 2;
	}
	if (source == NULL || text == NULL)
		return -1;
	request->index = (size_t)(source - sources->conf->sources);
	request->body = text;
	request->body_len = (size_t)(end - text);
	return 0;
}

const char *
sources_param(void *of, const char *name)
{
	const struct sources_request *request = of;

	for (size_t i = 0; i < request->nvariables; i++)
		if (strcmp(request->variables[i].name, name) == 0)
			return request->variables[i].value;
	return NULL;
}

void
sources_set(struct sources_request *request, const char *name, const char *value)
{
	size_t i = 0;

	while (i < request->nvariables && strcmp(request->variables[i].name, name) != 0)
		i++;
	if (i == SOURCES_VARIABLES_MAX)
		abort();
	if (i == request->nvariables)
		request->nvariables++;
	request->variables[i].name = name;
	request->variables[i].value = value;
}
