/*
 * From text to libconfuse's tree: the grammar, syntax errors with their place, include.  Every value is kept as text
 * with its place, because libconfuse remembers neither and errors of meaning are found later.
 * libconfuse's scanner is global, and so is READING here: one thread at a time reads a configuration.
 */
#include "conf_reader.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define WHERE "(where)" /* filled by libconfuse when a section begins */
#define INCLUDE_DEPTH_MAX 8
#define MESSAGE_MAX 512

static int setting_keep(cfg_t *, cfg_opt_t *, const char *, void *);
static void setting_free(void *);
static int include(cfg_t *, cfg_opt_t *, int, const char **);

static char where_default[] = ".";

#define ONE(name) CFG_PTR_CB(name, NULL, CFGF_NODEFAULT, setting_keep, setting_free)
#define LIST(name) CFG_PTR_LIST_CB(name, NULL, CFGF_NODEFAULT, setting_keep, setting_free)
#define BEGIN CFG_PTR_CB(WHERE, where_default, CFGF_NONE, setting_keep, setting_free)
#define TITLED (CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES)

static cfg_opt_t signature_grammar[] = {BEGIN, ONE("algorithm"), ONE("from"), ONE("split"), ONE("item"),
    ONE("encoding"), ONE("signed"), ONE("body-unsigned"), ONE("timestamp"), ONE("timestamp-unit"), ONE("tolerance"),
    ONE("key"), ONE("key-prefix"), CFG_END()};
static cfg_opt_t field_grammar[] = {BEGIN, LIST("type"), ONE("required"), LIST("one-of"), ONE("pattern"), ONE("min"),
    ONE("max"), ONE("min-length"), ONE("max-length"), ONE("format"), LIST("when"), CFG_END()};
static cfg_opt_t handshake_grammar[] = {BEGIN, ONE("method"), LIST("when"), ONE("token"), ONE("unsigned"),
    ONE("status"), ONE("content-type"), ONE("body"), CFG_END()};
static cfg_opt_t retry_grammar[] = {
    BEGIN, ONE("first"), ONE("factor"), ONE("max"), ONE("give-up"), ONE("attempts"), CFG_END()};
static cfg_opt_t rlimit_grammar[] = {
    BEGIN, ONE("cpu"), ONE("memory"), ONE("files"), ONE("processes"), ONE("file-size"), ONE("core"), CFG_END()};
static cfg_opt_t hook_grammar[] = {BEGIN, LIST("command"), ONE("directory"), ONE("timeout"), ONE("grace"),
    ONE("max-running"), ONE("suspend-after"), ONE("all"), ONE("output"), ONE("mode"), ONE("idle-timeout"),
    ONE("orphans"), ONE("log-output"), ONE("user"), ONE("group"), ONE("umask"), ONE("nice"),
    CFG_SEC("rlimit", rlimit_grammar, CFGF_MULTI), CFG_SEC("retry", retry_grammar, CFGF_MULTI), CFG_END()};

/* What a preset and a source have in common. */
#define BODY                                                                                                          \
	ONE("require-https"), ONE("max-body"), ONE("max-depth"), CFG_SEC("signature", signature_grammar, CFGF_MULTI), \
	    ONE("event"), LIST("id"), ONE("lane"), CFG_SEC("field", field_grammar, TITLED), LIST("env"),              \
	    ONE("payload"), ONE("replay-guard"), CFG_SEC("answer", handshake_grammar, TITLED)
static cfg_opt_t source_grammar[] = {BEGIN, BODY, ONE("preset"), ONE("path"), ONE("url"), ONE("unsigned"),
    ONE("max-running"), LIST("secret-file"), LIST("token-file"), LIST("allow-from"),
    CFG_SEC("hook", hook_grammar, TITLED), CFG_END()};
static cfg_opt_t preset_grammar[] = {BODY, CFG_END()};

static cfg_opt_t main_grammar[] = {ONE("spool"), ONE("socket"), ONE("control-socket"), ONE("autostart"), ONE("spooler"),
    ONE("log"), ONE("user"), ONE("hook-user"), ONE("submit-group"), ONE("sandbox"), ONE("threads"), ONE("deadline"),
    ONE("read-deadline"), ONE("health-path"), ONE("max-running"), ONE("shutdown-grace"), ONE("max-queued"),
    ONE("min-free"), ONE("keep"), ONE("dedup"), ONE("max-rejected"), ONE("cache"), ONE("page-journal"), ONE("presets"),
    LIST("trusted-proxies"), ONE("proxy-header"), CFG_SEC("source", source_grammar, TITLED),
    CFG_FUNC("include", include), CFG_END()};

/* What libconfuse's callbacks can't be given. */
static struct {
	struct conf_reader *reader;
	unsigned depth; /* of include */
} reading;

static struct setting
here(const cfg_t *cfg)
{
	return (struct setting){.file = cfg->filename, .line = (unsigned)cfg->line};
}

static int
setting_keep(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct setting *setting = conf_array(reading.reader, 1, sizeof(*setting));

	if (setting == NULL)
		return -1;
	setting->option = opt->name;
	setting->line = (unsigned)cfg->line;
	setting->text = conf_copy(reading.reader, value);
	setting->file = conf_copy(reading.reader, cfg->filename);
	if (setting->text == NULL || setting->file == NULL) {
		setting_free(setting);
		return -1;
	}
	*(struct setting **)result = setting;
	return 0;
}

static void
setting_free(void *value)
{
	struct setting *setting = value;

	free((char *)setting->text);
	free((char *)setting->file);
	free(setting);
}

static size_t
smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Edit distance, of names up to 31 bytes. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[32], la = strlen(a), lb = strlen(b);

	if (la >= 32 || lb >= 32)
		return SIZE_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t up = row[j];

			row[j] = smallest(row[j - 1] + 1, up + 1, corner + (a[i - 1] != b[j - 1]));
			corner = up;
		}
	}
	return row[lb];
}

static bool
knows(const cfg_opt_t *grammar, const char *name)
{
	for (; grammar->name != NULL; grammar++)
		if (strcmp(grammar->name, name) == 0)
			return true;
	return false;
}

static void
unknown_option(const cfg_t *cfg, const char *name)
{
	struct setting at = here(cfg);
	const char *nearest = NULL;
	size_t least = 3;

	for (const cfg_opt_t *opt = cfg->opts; opt->name != NULL; opt++) {
		size_t d = distance(name, opt->name);

		if (opt->name[0] != '(' && d < least && 2 * d <= strlen(name)) {
			nearest = opt->name;
			least = d;
		}
	}
	if (nearest != NULL)
		conf_complain(reading.reader, &at, "unknown option '%s' (did you mean '%s'?)", name, nearest);
	else if (knows(cfg->opts, "id") && knows(source_grammar, name))
		conf_complain(reading.reader, &at, "option '%s' belongs in a source, not in a preset", name);
	else
		conf_complain(reading.reader, &at, "unknown option '%s'", name);
}

static void
duplicate_title(const cfg_t *cfg, const char *title)
{
	struct setting at = here(cfg);
	conf_complain(
	    reading.reader, &at, "%s '%s' is there twice", knows(cfg->opts, "source") ? "source" : "section", title);
}

static void parse_error(cfg_t *, const char *, va_list) __attribute__((format(printf, 2, 0)));

static void
parse_error(cfg_t *cfg, const char *format, va_list args)
{
	struct setting at = here(cfg);
	char message[MESSAGE_MAX];

	if (strcmp(format, "no such option '%s'") == 0) {
		unknown_option(cfg, va_arg(args, const char *));
	} else if (strcmp(format, "found duplicate title '%s'") == 0) {
		duplicate_title(cfg, va_arg(args, const char *));
	} else {
		vsnprintf(message, sizeof(message), format, args);
		conf_complain(reading.reader, &at, "%s", message);
	}
}

/* Parse FILE into CFG, whose place is FILE's meanwhile. */
static int
parse_file(cfg_t *cfg, const char *file, const struct setting *from)
{
	unsigned complaints = reading.reader->complaints;
	char *outer = cfg->filename, *text;
	int line = cfg->line, result = -1;
	FILE *stream = NULL;
	size_t len;

	text = conf_text_read(reading.reader, file, from, &len);
	if (text == NULL)
		return -1;
	cfg->filename = conf_copy(reading.reader, file);
	if (cfg->filename == NULL)
		goto out;
	stream = fmemopen(text, len, "r");
	if (stream != NULL && cfg_parse_fp(cfg, stream) == CFG_SUCCESS)
		result = 0;
	else if (reading.reader->complaints == complaints)
		conf_complain(reading.reader, &(struct setting){.file = cfg->filename, .line = (unsigned)cfg->line},
		    "syntax error");
out:
	if (stream != NULL)
		fclose(stream);
	free(cfg->filename);
	cfg->filename = outer;
	cfg->line = line;
	free(text);
	return result;
}

static int
include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	struct setting at = here(cfg);
	int result;

	(void)opt;
	if (argc != 1 || argv[0][0] != '/') {
		conf_complain(reading.reader, &at, "include takes one absolute path");
		return -1;
	}
	if (reading.depth == INCLUDE_DEPTH_MAX) {
		conf_complain(reading.reader, &at, "include: more than %d files deep", INCLUDE_DEPTH_MAX);
		return -1;
	}
	reading.depth++;
	result = parse_file(cfg, argv[0], &at);
	reading.depth--;
	return result;
}

cfg_t *
conf_parse(struct conf_reader *r, enum conf_grammar grammar, const char *file, const struct setting *from)
{
	cfg_t *cfg;

	reading.reader = r;
	reading.depth = 0;
	cfg = cfg_init(grammar == CONF_MAIN ? main_grammar : preset_grammar, CFGF_NONE);
	if (cfg == NULL) {
		conf_complain(r, from, "out of memory");
		return NULL;
	}
	cfg_set_error_function(cfg, parse_error);
	if (parse_file(cfg, file, from) == 0)
		return cfg;
	cfg_free(cfg);
	return NULL;
}

/* Not cfg_getopt(), which takes a name that the section's grammar lacks for an error of the file. */
static cfg_opt_t *
option(cfg_t *section, const char *name)
{
	for (cfg_opt_t *opt = section == NULL ? NULL : section->opts; opt != NULL && opt->name != NULL; opt++)
		if (strcmp(opt->name, name) == 0)
			return opt;
	return NULL;
}

size_t
conf_settings(cfg_t *section, const char *name)
{
	cfg_opt_t *opt = option(section, name);

	return opt == NULL ? 0 : opt->nvalues;
}

const struct setting *
conf_setting(cfg_t *section, const char *name, size_t index)
{
	return index < conf_settings(section, name) ? option(section, name)->values[index]->ptr : NULL;
}

size_t
conf_sections(cfg_t *section, const char *name)
{
	return conf_settings(section, name);
}

cfg_t *
conf_section(cfg_t *section, const char *name, size_t index)
{
	return index < conf_settings(section, name) ? option(section, name)->values[index]->section : NULL;
}

bool
conf_has_section(cfg_t *section, const char *name, const char *title)
{
	cfg_t *one;

	for (size_t i = 0; (one = conf_section(section, name, i)) != NULL; i++)
		if (strcmp(one->title, title) == 0)
			return true;
	return false;
}

const struct setting *
conf_where(cfg_t *section)
{
	return conf_setting(section, WHERE, 0);
}

cfg_t *
conf_layer(cfg_t *own, cfg_t *preset, const char *name)
{
	return conf_settings(own, name) == 0 && conf_settings(preset, name) > 0 ? preset : own;
}
