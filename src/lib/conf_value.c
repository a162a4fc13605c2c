/* What a source takes from its webhooks: the fields that must be there, and the variables that its hooks get. */
#include "conf_reader.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../responder/json.h"
#include "glob.h"

#define ENV_NAME_MAX 64
#define SCALARS (1u << JSON_NULL | 1u << JSON_BOOLEAN | 1u << JSON_NUMBER | 1u << JSON_STRING)

static const struct {
	const char *name;
	enum json_kind type;
} types[] = {{"string", JSON_STRING}, {"number", JSON_NUMBER}, {"boolean", JSON_BOOLEAN}, {"object", JSON_OBJECT},
    {"array", JSON_ARRAY}, {"null", JSON_NULL}};

static void
read_types(struct conf_reader *r, cfg_t *section, struct field *field)
{
	const struct setting *setting;

	for (size_t i = 0; (setting = conf_setting(section, "type", i)) != NULL; i++) {
		size_t t = 0;

		while (t < sizeof(types) / sizeof(types[0]) && strcmp(types[t].name, setting->text) != 0)
			t++;
		if (t == sizeof(types) / sizeof(types[0]))
			conf_complain(r, setting,
			    "option 'type' is string, number, boolean, object, array or null, not '%s'", setting->text);
		else
			field->types |= 1u << types[t].type;
	}
}

static void
read_field(struct conf_reader *r, cfg_t *section, struct field *field)
{
	static const struct conf_option options[] = {
	    {"required", CONF_BOOL, offsetof(struct field, required), "false", NULL, NULL},
	    {NULL, CONF_TEXT, 0, NULL, NULL, NULL}};
	const char *why = "out of memory";

	field->selector = selector_parse_pointer(section->title, &why);
	if (field->selector == NULL)
		conf_complain(r, conf_where(section), "field '%s': %s", section->title, why);
	read_types(r, section, field);
	conf_options(r, options, field, section, NULL);
	field->one_of = conf_list(r, section, "one-of");
	field->when = conf_list(r, section, "when");
	if (field->one_of != NULL && field->types != 0 && (field->types & SCALARS) == 0)
		conf_complain(r, conf_setting(section, "one-of", 0),
		    "option 'one-of' compares texts, and field '%s' is an object or array", section->title);
	for (size_t i = 0; field->when != NULL && field->when[i] != NULL; i++)
		if (!glob_valid(field->when[i]) || field->when[i][0] == '\0')
			conf_complain(
			    r, conf_setting(section, "when", i), "option 'when': '%s' is not a glob", field->when[i]);
}

static bool
has_field(cfg_t *section, const char *title)
{
	cfg_t *field;

	for (size_t i = 0; (field = conf_section(section, "field", i)) != NULL; i++)
		if (strcmp(field->title, title) == 0)
			return true;
	return false;
}

/* The fields of one layer, without those that OVER has too. */
static void
add_fields(struct conf_reader *r, cfg_t *section, cfg_t *over, struct source *source)
{
	cfg_t *field;

	for (size_t i = 0; (field = conf_section(section, "field", i)) != NULL; i++) {
		if (has_field(over, field->title))
			continue;
		if (source->nfields == CONF_FIELDS_MAX) {
			conf_complain(
			    r, conf_where(field), "source '%s' has more than %d fields", source->name, CONF_FIELDS_MAX);
			return;
		}
		read_field(r, field, &source->fields[source->nfields++]);
	}
}

void
conf_fields_read(struct conf_reader *r, cfg_t *own, cfg_t *preset, struct source *source)
{
	source->fields = conf_array(r, CONF_FIELDS_MAX, sizeof(source->fields[0]));
	if (source->fields == NULL)
		return;
	add_fields(r, preset, own, source);
	add_fields(r, own, NULL, source);
}

/*
 * Names that change how a program, its loader, its interpreter or its libraries run.  What ends in '*' is a beginning.
 */
static const char *const reserved[] = {"HOOKSPOOL_*", "LD_*", "DYLD_*", "BASH*", "PYTHON*", "PERL*", "RUBY*", "NODE_*",
    "NPM_*", "GEM_*", "BUNDLE_*", "PHP*", "LUA_*", "JAVA_*", "JDK_*", "_JAVA_*", "CLASSPATH", "DOTNET_*", "CORECLR_*",
    "GODEBUG", "GOGC", "GOMAXPROCS", "GOTRACEBACK", "RUST_*", "GIT_*", "SSH_*", "MALLOC_*", "GLIBC_*", "GCONV_PATH",
    "GETCONF_DIR", "NLSPATH", "LOCPATH", "ASAN_*", "LSAN_*", "MSAN_*", "TSAN_*", "UBSAN_*", "OPENSSL_*", "SSL_*",
    "SSLKEYLOGFILE", "CURL_*", "KRB5*", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY",
    "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "RESOLV_*", "PATH", "IFS", "ENV", "SHELL", "SHELLOPTS", "HOME", "USER",
    "LOGNAME", "PWD", "OLDPWD", "CDPATH", "FPATH", "ZDOTDIR", "PS1", "PS2", "PS3", "PS4", "PROMPT_COMMAND", "FUNCNEST",
    "GLOBIGNORE", "POSIXLY_CORRECT", "TMPDIR", "TMP", "TEMP", "TZ", "TZDIR", "LANG", "LANGUAGE", "LC_*", "TERM",
    "TERMINFO*", "TERMCAP", "XDG_*", "EDITOR", "VISUAL", "PAGER", "LESS", "LESSOPEN", "LESSCLOSE", "DISPLAY", "MAIL",
    "MAILPATH"};

static bool
is_reserved(const char *name)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (glob_match(reserved[i], name))
			return true;
	return false;
}

static bool
is_name(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return len > 0 && len <= ENV_NAME_MAX && name[len] == '\0' && !isdigit((unsigned char)name[0]);
}

static bool
has_name(cfg_t *section, const char *name, size_t before)
{
	const struct setting *setting;
	size_t len = strlen(name);

	for (size_t i = 0; i < before && (setting = conf_setting(section, "env", i)) != NULL; i++)
		if (strncmp(setting->text, name, len) == 0 && setting->text[len] == '=')
			return true;
	return false;
}

/* One "NAME=selector".  NAME goes to ENV also when it is refused, so that it is freed. */
static void
read_env(struct conf_reader *r, const struct setting *setting, struct env_map *env)
{
	const char *equals = strchr(setting->text, '=');

	if (equals == NULL) {
		conf_complain(r, setting, "option 'env' has NAME=selector, not '%s'", setting->text);
		return;
	}
	env->name = conf_copy(r, setting->text);
	if (env->name == NULL)
		return;
	env->name[equals - setting->text] = '\0';
	if (!is_name(env->name))
		conf_complain(r, setting,
		    "option 'env': '%s' is not a name of A-Z, 0-9 and _ with at most %d characters", env->name,
		    ENV_NAME_MAX);
	else if (is_reserved(env->name))
		conf_complain(
		    r, setting, "option 'env': '%s' could change how a program runs; choose another name", env->name);
	env->selector = conf_selector(r, "env", setting, equals + 1, ~0u);
}

/* The variables of one layer, without those that OVER has too. */
static void
add_env(struct conf_reader *r, cfg_t *section, cfg_t *over, struct source *source)
{
	const struct setting *setting;

	for (size_t i = 0; (setting = conf_setting(section, "env", i)) != NULL; i++) {
		struct env_map env = {NULL, NULL};

		if (source->nenv == CONF_ENV_MAX) {
			conf_complain(r, setting, "option 'env': source '%s' has more than %d variables", source->name,
			    CONF_ENV_MAX);
			return;
		}
		read_env(r, setting, &env);
		if (env.name != NULL && has_name(section, env.name, i))
			conf_complain(r, setting, "option 'env': '%s' is there twice", env.name);
		if (env.name != NULL && has_name(over, env.name, SIZE_MAX)) {
			free(env.name);
			selector_free(env.selector);
			continue;
		}
		source->env[source->nenv++] = env;
	}
}

void
conf_env_read(struct conf_reader *r, cfg_t *own, cfg_t *preset, struct source *source)
{
	source->env = conf_array(r, CONF_ENV_MAX, sizeof(source->env[0]));
	if (source->env == NULL)
		return;
	add_env(r, preset, own, source);
	add_env(r, own, NULL, source);
}
