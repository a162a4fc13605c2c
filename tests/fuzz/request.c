/*
 * A request as the network sends it, for a source of each preset: lines "source", then "CGI_VARIABLE: value", an empty line, the body.
 * Nobody knows the secrets here, so that nothing may be authenticated but by luck; then the checks behind that see it anyway.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/webhook/address.h"
#include "../../src/webhook/asked.h"
#include "../../src/webhook/verdict.h"
#include "../../src/webhook/webhook.h"
#include "fuzz.h"

#define VARIABLES_MAX 32

const char fuzz_name[] = "request";
unsigned long fuzz_accepted;

static struct conf *conf;
static struct verdict_rules **rules;
static struct {
	const char *name, *value;
} variables[VARIABLES_MAX];
static size_t nvariables;

static const struct {
	const char *preset, *secret, *options;
} presets[] = {{"anycheck", "a", ""}, {"basic", "b", "event = 'body:/event' id = 'body:/id'"},
    {"bearer", "a", "event = 'body:/event' id = 'body:/id'"}, {"bitbucket", "a", ""}, {"discord", "h", ""},
    {"github", "a", ""}, {"gitlab", "a", ""}, {"hubspot", "a", "url = 'https://example.org/hubspot'"},
    {"meta", "a", "token-file = '@/a'"}, {"paddle", "a", ""}, {"pagerduty", "a", ""}, {"shopify", "a", ""},
    {"slack", "a", ""}, {"slack-command", "a", ""}, {"slack-interactive", "a", ""},
    {"square", "a", "url = 'https://example.org/square'"}, {"standard", "w", ""}, {"stripe", "a", ""},
    {"svix", "w", ""}, {"zoom", "a", ""}};

static const char *
param(void *context, const char *name)
{
	(void)context;
	for (size_t i = 0; i < nvariables; i++)
		if (strcmp(variables[i].name, name) == 0)
			return variables[i].value;
	return NULL;
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

	fprintf(file, "source '%s' { preset = '%s' path = '/%s' secret-file = '%s/%s' allow-from = '192.0.2.0/24' ",
	    preset, preset, preset, directory, presets[i].secret);
	for (const char *c = presets[i].options; *c != '\0'; c++)
		if (*c == '@')
			fputs(directory, file);
		else
			fputc(*c, file);
	fputs(" }\n", file);
}

static void
set_up(void)
{
	const char *source = getenv("HOOKSPOOL_SOURCE");
	char directory[] = "/tmp/hookspool-fuzz.XXXXXX", path[128];
	FILE *file;

	umask(077);
	FUZZ_HOLDS(mkdtemp(directory) != NULL);
	put(directory, "a", "correct-horse-battery\n");
	put(directory, "b", "user:correct-horse-battery\n");
	put(directory, "h", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n");
	put(directory, "w", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
	snprintf(path, sizeof path, "%s/conf", directory);
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
	FUZZ_HOLDS((conf = conf_read(path, CONF_SECRETS, stderr)) != NULL);
	rules = calloc(conf->nsources, sizeof *rules);
	for (size_t i = 0; i < conf->nsources; i++)
		FUZZ_HOLDS((rules[i] = verdict_rules_new(&conf->sources[i])) != NULL);
	unlink(path);
	for (const char *name = "abhw"; *name != '\0'; name++) {
		snprintf(path, sizeof path, "%s/%c", directory, *name);
		unlink(path);
	}
	rmdir(directory);
}

/* Cuts TEXT into lines.  Returns the body. */
static char *
split(char *text, size_t *index)
{
	char *line = strsep(&text, "\n");

	for (*index = 0; *index < conf->nsources && strcmp(conf->sources[*index].name, line) != 0;)
		++*index;
	nvariables = 0;
	while (text != NULL && (line = strsep(&text, "\n"))[0] != '\0') {
		char *value = strstr(line, ": ");

		if (value == NULL || nvariables == VARIABLES_MAX)
			continue;
		*value = '\0';
		variables[nvariables].name = line;
		variables[nvariables++].value = value + 2;
	}
	return text;
}

static void
check_event(const struct event *event)
{
	unsigned char *record;
	struct event same;
	size_t head = event_head_size(event);

	FUZZ_HOLDS(head <= EVENT_HEAD_MAX && event->len[EVENT_TYPE] > 0 && event->len[EVENT_KEY] > 0);
	record = malloc(head + event->body_len);
	event_encode_head(event, record);
	memcpy(record + head, event->body, event->body_len);
	FUZZ_HOLDS(event_decode(&same, record, head + event->body_len) == 0);
	free(record);
	fuzz_accepted++;
}

/* What follows once a webhook is authenticated. */
static void
judge(size_t index, const struct webhook *webhook, struct verdict *verdict)
{
	verdict->secret = 1;
	verdict_content(rules[index], webhook, verdict);
	if (verdict->step == VERDICT_HANDSHAKE)
		FUZZ_HOLDS(verdict->handshake.len < HANDSHAKE_BODY_MAX);
	else if (verdict->step == VERDICT_EVENT)
		check_event(&verdict->event);
	verdict_get(rules[index], &(struct webhook){.asked = webhook->asked, .body = ""}, verdict);
}

static void
judge_all(size_t index, const struct asked *asked, const char *body, size_t len)
{
	static struct verdict verdict;
	const struct webhook webhook = {.asked = asked, .body = body, .body_len = len, .now_ms = 1700000000000u};

	verdict_asked(&conf->sources[index], asked);
	verdict_reach(rules[index], &webhook, &verdict);
	verdict_signature(rules[index], &webhook, &verdict);
	if (conf->sources[index].nsignatures > 0)
		FUZZ_HOLDS(verdict.signature != SIGNATURE_OK);
	judge(index, &webhook, &verdict);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1), *body, *copy, address[ADDRESS_TEXT_SIZE];
	struct asked asked;
	size_t index, body_len;

	if (conf == NULL)
		set_up();
	memcpy(text, bytes, len);
	text[len] = '\0';
	if ((body = split(text, &index)) == NULL || index == conf->nsources) {
		free(text);
		return 0;
	}
	body_len = (size_t)(text + len - body);
	copy = malloc(body_len + 1); /* of its own, so that a byte beyond is seen by the sanitizer */
	memcpy(copy, body, body_len);
	asked_read(&asked, param, NULL);
	asked.address = address_of(conf, &asked, address);
	FUZZ_HOLDS(strlen(address) < ADDRESS_TEXT_SIZE && strlen(asked.path) < ASKED_PATH_SIZE);
	judge_all(index, &asked, copy, body_len);
	free(copy);
	free(text);
	return 0;
}
