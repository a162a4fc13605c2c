/* The variables that a source's hooks get from its webhooks. */
#include "conf_parts.h"

#include <stdlib.h>
#include <string.h>

#include "../protocol/variable.h"

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
	if (!variable_is_name(env->name, strlen(env->name)))
		conf_complain(r, setting,
		    "option 'env': '%s' is not a name of A-Z, 0-9 and _ with at most %d characters", env->name,
		    VARIABLE_NAME_MAX);
	else if (!variable_is_free(env->name, strlen(env->name)))
		conf_complain(
		    r, setting, "option 'env': '%s' could change how a program runs; choose another name", env->name);
	env->selector = conf_selector(r, setting, equals + 1, ~0u);
	conf_refuse_secret(r, source, setting, env->selector);
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
