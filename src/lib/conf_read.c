/*
 * Reading the configuration file with libconfuse: the grammar, the global options, and the errors with file and line.
 *
 * The library does not keep the line of an option, so each option's comment field, which we don't use otherwise, holds it.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "conf_private.h"
#include "paths.h"

#define TEXT(name) CFG_STR(name, NULL, CFGF_NODEFAULT)
#define TEXTS(name) CFG_STR_LIST(name, NULL, CFGF_NODEFAULT)
#define FLAG(name) CFG_BOOL(name, cfg_false, CFGF_NODEFAULT)
#define NUMBER(name) CFG_INT(name, 0, CFGF_NODEFAULT)

static cfg_opt_t retry_options[] = {TEXT("first"), NUMBER("factor"), TEXT("max"), TEXT("give-up"), CFG_END()};
static cfg_opt_t hook_options[] = {TEXTS("command"), TEXT("directory"), TEXT("timeout"), TEXT("grace"),
    NUMBER("max-running"), TEXT("output"), CFG_SEC("retry", retry_options, CFGF_NODEFAULT), CFG_END()};
static cfg_opt_t field_options[] = {TEXTS("type"), FLAG("required"), TEXTS("one-of"), TEXTS("when"), CFG_END()};
static cfg_opt_t signature_options[] = {TEXT("algorithm"), TEXT("from"), TEXT("split"), TEXT("item"), TEXT("encoding"),
    TEXT("signed"), CFG_END()};

/* What a preset may say, and a source as well. */
#define SENDER_OPTIONS                                                                                                  \
	FLAG("require-https"), TEXT("max-body"), NUMBER("max-depth"), TEXT("event"), TEXTS("id"), TEXT("lane"), TEXTS("env"), \
	    CFG_SEC("signature", signature_options, CFGF_NODEFAULT),                                                       \
	    CFG_SEC("field", field_options, CFGF_MULTI | CFGF_TITLE)

static cfg_opt_t preset_options[] = {SENDER_OPTIONS, CFG_END()};
static cfg_opt_t source_options[] = {TEXT("preset"), TEXT("path"), TEXT("url"), FLAG("unsigned"), TEXTS("secret-file"),
    SENDER_OPTIONS, CFG_SEC("hook", hook_options, CFGF_MULTI | CFGF_TITLE), CFG_END()};
static cfg_opt_t main_options[] = {TEXT("spool"), TEXT("socket"), TEXT("control-socket"), FLAG("autostart"),
    TEXT("spooler"), TEXT("log"), TEXT("user"), TEXT("hook-user"), TEXT("submit-group"), NUMBER("threads"),
    TEXT("deadline"), NUMBER("max-running"), NUMBER("max-queued"), TEXT("min-free"), TEXT("keep"), TEXT("dedup"),
    NUMBER("max-rejected"), TEXT("cache"), TEXT("presets"),
    CFG_SEC("source", source_options, CFGF_MULTI | CFGF_TITLE), CFG_FUNC("include", cfg_include), CFG_END()};

static cfg_opt_t *const grammar[] = {main_options, source_options, preset_options, hook_options, retry_options,
    field_options, signature_options};

static struct reader *current; /* the library's error function has no argument of ours */

static void
say(struct reader *reader, const char *file, unsigned line, const char *text)
{
	fprintf(reader->errors, "%s:%u: %s\n", file != NULL ? file : "?", line, text);
	reader->complaints++;
}

void
complain(struct reader *reader, const cfg_t *cfg, unsigned line, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	say(reader, cfg->filename, line, text);
}

/* Edits (insert, remove, replace) between two short names; Wagner, Fischer 1974. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[33], n = (unsigned)strlen(b);

	if (strlen(a) > 32 || n > 32)
		return 99;
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned corner = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= n; j++) {
			unsigned best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

static const char *
nearest(const char *name)
{
	const char *best = NULL;
	unsigned least = 3;

	for (size_t i = 0; i < sizeof grammar / sizeof grammar[0]; i++)
		for (const cfg_opt_t *o = grammar[i]; o->name != NULL; o++)
			if (distance(name, o->name) < least) {
				least = distance(name, o->name);
				best = o->name;
			}
	return best;
}

static void __attribute__((format(printf, 2, 0)))
on_error(cfg_t *cfg, const char *format, va_list arguments)
{
	char text[512], name[64], better[1024];
	const char *known;

	vsnprintf(text, sizeof text, format, arguments);
	if (sscanf(text, "no such option '%63[^']'", name) == 1 && (known = nearest(name)) != NULL) {
		snprintf(better, sizeof better, "unknown option '%s' (did you mean '%s'?)", name, known);
		say(current, cfg->filename, (unsigned)cfg->line, better);
	} else if (sscanf(text, "no such option '%63[^']'", name) == 1) {
		snprintf(better, sizeof better, "unknown option '%s'", name);
		say(current, cfg->filename, (unsigned)cfg->line, better);
	} else {
		say(current, cfg->filename, (unsigned)cfg->line, text);
	}
}

static int
remember_line(cfg_t *cfg, cfg_opt_t *option)
{
	char text[16];

	snprintf(text, sizeof text, "%d", cfg->line);
	return cfg_opt_setcomment(option, text) == CFG_SUCCESS ? 0 : -1;
}

unsigned
line_of(const cfg_opt_t *option, const cfg_t *cfg)
{
	return option->comment != NULL ? (unsigned)strtoul(option->comment, NULL, 10) : (unsigned)cfg->line;
}

/* Returns owned, or NULL after a complaint. */
static cfg_t *
parse(struct reader *reader, cfg_opt_t *options, const char *file)
{
	cfg_t *cfg;
	int result;

	for (size_t i = 0; i < sizeof grammar / sizeof grammar[0]; i++)
		for (cfg_opt_t *o = grammar[i]; o->name != NULL; o++)
			if (o->type != CFGT_SEC && o->type != CFGT_FUNC)
				o->validcb = remember_line;
	current = reader;
	if ((cfg = cfg_init(options, CFGF_NONE)) == NULL) {
		say(reader, file, 0, "out of memory");
		return NULL;
	}
	cfg_set_error_function(cfg, on_error);
	result = cfg_parse(cfg, file);
	if (result == CFG_FILE_ERROR)
		say(reader, file, 0, strerror(errno));
	else if (result != CFG_SUCCESS && reader->complaints == 0)
		say(reader, file, (unsigned)cfg->line, "syntax error");
	if (result == CFG_SUCCESS)
		return cfg;
	cfg_free(cfg);
	return NULL;
}

cfg_t *
preset_read(struct reader *reader, const char *file)
{
	return parse(reader, preset_options, file);
}

cfg_opt_t *
layers_find(const struct layers *layers, const char *name, cfg_t **where)
{
	cfg_t *all[] = {layers->own, layers->preset};

	for (int i = 0; i < 2; i++) {
		cfg_opt_t *option = all[i] != NULL ? cfg_getopt(all[i], name) : NULL;

		if (option != NULL && cfg_opt_size(option) > 0) {
			*where = all[i];
			return option;
		}
	}
	return NULL;
}

void
take_text(struct reader *reader, const struct layers *layers, const char *name, char **out)
{
	cfg_t *where;
	cfg_opt_t *option = layers_find(layers, name, &where);
	const char *value = option != NULL ? cfg_opt_getnstr(option, 0) : NULL;

	if (value == NULL)
		return;
	free(*out);
	if ((*out = strdup(value)) == NULL)
		complain(reader, where, line_of(option, where), "out of memory");
}

void
take_bool(const struct layers *layers, const char *name, bool *out)
{
	cfg_t *where;
	cfg_opt_t *option = layers_find(layers, name, &where);

	if (option != NULL)
		*out = cfg_opt_getnbool(option, 0) == cfg_true;
}

void
take_number(struct reader *reader, const struct layers *layers, const char *name, unsigned min, unsigned max, unsigned *out)
{
	cfg_t *where;
	cfg_opt_t *option = layers_find(layers, name, &where);
	long value = option != NULL ? cfg_opt_getnint(option, 0) : 0;

	if (option == NULL)
		return;
	if (value < (long)min || value > (long)max)
		complain(reader, where, line_of(option, where), "%s is a number from %u to %u", name, min, max);
	else
		*out = (unsigned)value;
}

typedef int parse_function(const char *, uint64_t *);

static void
take_parsed(struct reader *reader, const struct layers *layers, const char *name, parse_function *convert,
    const uint64_t range[2], uint64_t *out)
{
	bool size = convert == conf_parse_size;
	cfg_t *where;
	cfg_opt_t *option = layers_find(layers, name, &where);
	uint64_t value;

	if (option == NULL)
		return;
	if (convert(cfg_opt_getnstr(option, 0), &value) != 0)
		complain(reader, where, line_of(option, where), "%s: \"%s\" is not a %s", name, cfg_opt_getnstr(option, 0),
		    size ? "size such as \"64k\", \"1M\" or \"1G\"" : "time such as \"500ms\", \"30s\", \"5m\", \"12h\" or \"7d\"");
	else if (value < range[0] || value > range[1])
		complain(reader, where, line_of(option, where), "%s: \"%s\" is outside %llu to %llu %s", name,
		    cfg_opt_getnstr(option, 0), (unsigned long long)range[0], (unsigned long long)range[1],
		    size ? "bytes" : "ms");
	else
		*out = value;
}

void
take_duration(struct reader *reader, const struct layers *layers, const char *name, uint64_t min, uint64_t max, uint64_t *out)
{
	take_parsed(reader, layers, name, conf_parse_duration, (const uint64_t[]){min, max}, out);
}

void
take_size(struct reader *reader, const struct layers *layers, const char *name, uint64_t min, uint64_t max, uint64_t *out)
{
	take_parsed(reader, layers, name, conf_parse_size, (const uint64_t[]){min, max}, out);
}

void
take_selector(struct reader *reader, const struct layers *layers, const char *name, struct selector **out)
{
	cfg_t *where;
	cfg_opt_t *option = layers_find(layers, name, &where);
	const char *why;

	if (option != NULL && (*out = selector_parse(cfg_opt_getnstr(option, 0), &why)) == NULL)
		complain(reader, where, line_of(option, where), "%s: \"%s\": %s", name, cfg_opt_getnstr(option, 0), why);
}

static void
take_path(struct reader *reader, const struct layers *layers, const char *name, char **out)
{
	cfg_t *where;
	cfg_opt_t *option = layers_find(layers, name, &where);

	take_text(reader, layers, name, out);
	if (option != NULL && (*out)[0] != '/')
		complain(reader, where, line_of(option, where), "%s: \"%s\" is not an absolute path", name, *out);
}

static void
take_socket(struct reader *reader, const struct layers *layers, const char *name, char **out)
{
	struct sockaddr_un address;
	cfg_t *where = layers->own;
	cfg_opt_t *option;

	take_path(reader, layers, name, out);
	option = layers_find(layers, name, &where);
	if (strlen(*out) >= sizeof address.sun_path)
		complain(reader, where, option != NULL ? line_of(option, where) : 0,
		    "%s: \"%s\" is longer than the %zu bytes a socket's path may have", name, *out,
		    sizeof address.sun_path - 1);
}

static void
check_account(struct reader *reader, cfg_t *cfg, const char *name, const char *value, bool group)
{
	if (value != NULL && (group ? getgrnam(value) == NULL : getpwnam(value) == NULL))
		complain(reader, cfg, line_of(cfg_getopt(cfg, name), cfg), "%s: there is no %s \"%s\"", name,
		    group ? "group" : "user", value);
}

static void
defaults(struct conf *conf)
{
	conf->spool = strdup(HOOKSPOOL_SPOOLDIR);
	conf->socket = strdup(HOOKSPOOL_RUNDIR "/submit.sock");
	conf->control_socket = strdup(HOOKSPOOL_RUNDIR "/control.sock");
	conf->spooler = strdup(HOOKSPOOL_SPOOLER);
	conf->log = strdup("stderr");
	conf->autostart = true;
	conf->threads = 4;
	conf->deadline_ms = 4000; /* senders give up after 5 s */
	conf->max_running = 16;
	conf->max_queued = 1000000;
	conf->min_free = 64u << 20;
	conf->keep_ms = 30ull * 86400000;
	conf->dedup_ms = 30ull * 86400000;
	conf->max_rejected = 1000;
	conf->cache = 16u << 20;
}

static void
read_globals(struct reader *reader, cfg_t *cfg, struct conf *conf)
{
	struct layers top = {cfg, NULL};
	unsigned max_queued = (unsigned)conf->max_queued;
	cfg_t *where;
	cfg_opt_t *option;

	take_path(reader, &top, "spool", &conf->spool);
	take_socket(reader, &top, "socket", &conf->socket);
	take_socket(reader, &top, "control-socket", &conf->control_socket);
	take_path(reader, &top, "spooler", &conf->spooler);
	take_bool(&top, "autostart", &conf->autostart);
	take_text(reader, &top, "log", &conf->log);
	if ((option = layers_find(&top, "log", &where)) != NULL && conf->log[0] != '/' && strcmp(conf->log, "stderr") != 0 &&
	    strcmp(conf->log, "syslog") != 0)
		complain(reader, cfg, line_of(option, cfg), "log: \"stderr\", \"syslog\" or an absolute path");
	take_text(reader, &top, "user", &conf->user);
	take_text(reader, &top, "hook-user", &conf->hook_user);
	take_text(reader, &top, "submit-group", &conf->submit_group);
	check_account(reader, cfg, "user", conf->user, false);
	check_account(reader, cfg, "hook-user", conf->hook_user, false);
	check_account(reader, cfg, "submit-group", conf->submit_group, true);
	take_number(reader, &top, "threads", 1, 64, &conf->threads);
	take_duration(reader, &top, "deadline", 100, 60000, &conf->deadline_ms);
	take_number(reader, &top, "max-running", 1, 1024, &conf->max_running);
	take_number(reader, &top, "max-queued", 1, 1000000000, &max_queued);
	conf->max_queued = max_queued;
	take_size(reader, &top, "min-free", 0, 1ull << 50, &conf->min_free);
	take_duration(reader, &top, "keep", 0, 3660ull * 86400000, &conf->keep_ms);
	take_duration(reader, &top, "dedup", 0, 3660ull * 86400000, &conf->dedup_ms);
	take_number(reader, &top, "max-rejected", 0, 1000000, &conf->max_rejected);
	take_size(reader, &top, "cache", 1u << 20, 1u << 30, &conf->cache);
	if (conf->dedup_ms < conf->keep_ms)
		complain(reader, cfg, line_of(cfg_getopt(cfg, "dedup"), cfg),
		    "dedup is shorter than keep: an event would be kept whose id is forgotten");
}

static void
check_twice(struct reader *reader, const cfg_t *cfg, const struct conf *conf)
{
	const struct source *last = &conf->sources[conf->nsources - 1];

	for (const struct source *s = conf->sources; s < last; s++) {
		if (strcmp(s->name, last->name) == 0)
			complain(reader, cfg, last->line, "source \"%s\" is there already, in line %u", s->name, s->line);
		if (s->path != NULL && last->path != NULL && strcmp(s->path, last->path) == 0)
			complain(reader, cfg, last->line, "source \"%s\": its path \"%s\" is source \"%s\"'s already",
			    last->name, s->path, s->name);
	}
}

static void
read_sources(struct reader *reader, cfg_t *cfg, struct conf *conf)
{
	unsigned n = cfg_size(cfg, "source");

	if (n == 0)
		complain(reader, cfg, (unsigned)cfg->line, "there is no source");
	if ((conf->sources = calloc(n + 1, sizeof conf->sources[0])) == NULL) {
		complain(reader, cfg, 0, "out of memory");
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		cfg_t *section = cfg_getnsec(cfg, "source", i);

		source_read(reader, section, &conf->sources[conf->nsources++]);
		check_twice(reader, section, conf);
	}
}

struct conf *
conf_read(const char *file, unsigned what, FILE *errors)
{
	struct reader reader = {.errors = errors, .what = what, .presets = HOOKSPOOL_PRESETDIR};
	struct conf *conf = calloc(1, sizeof *conf);
	cfg_t *cfg = conf != NULL ? parse(&reader, main_options, file) : NULL;
	struct layers top = {cfg, NULL};
	char *presets = NULL;

	if (cfg == NULL) {
		free(conf);
		return NULL;
	}
	defaults(conf);
	conf->file = strdup(file);
	take_path(&reader, &top, "presets", &presets);
	if (presets != NULL)
		reader.presets = presets;
	read_globals(&reader, cfg, conf);
	read_sources(&reader, cfg, conf);
	cfg_free(cfg);
	free(presets);
	if (reader.complaints == 0)
		return conf;
	conf_free(conf);
	return NULL;
}
