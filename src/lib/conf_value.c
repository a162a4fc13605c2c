/* The variables that a source's hooks get from its webhooks. */
#include "conf_reader.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "glob.h"

#define ENV_NAME_MAX 64
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
read_env(struct conf_reader *r, const struct source *source, const struct setting *setting, struct env_map *env)
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
	conf_refuse_secret(r, source, setting, "env", env->selector);
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
		read_env(r, source, setting, &env);
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
