/* Look-ups from an event's texts, which are not terminated, and from accounts, which are names of the spool's past. */
#include "binding.h"

#include <stdio.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/glob.h"
#include "../protocol/event.h"

void
binding_identity(char *out, const struct source *source, const struct hook *hook)
{
	snprintf(out, SPOOL_HOOK_MAX + 1, "%s/%s", source->name, hook->title);
}

/* The source whose name is the first LEN bytes of TEXT. */
static const struct source *
source_named(const struct conf *conf, const char *text, size_t len)
{
	char name[CONF_NAME_MAX + 1];

	if (len > CONF_NAME_MAX)
		return NULL;
	memcpy(name, text, len);
	name[len] = '\0';
	return conf_source(conf, name);
}

const struct source *
binding_source(const struct conf *conf, const struct event *event)
{
	return source_named(conf, event->text[EVENT_SOURCE], event->len[EVENT_SOURCE]);
}

_Static_assert(CONF_HOOKS_MAX <= SPOOL_DELIVERIES_MAX, "each hook of a source may get a delivery of one event");

void
binding_hooks(const struct source *source, const struct event *event, struct binding *binding)
{
	char type[EVENT_TYPE_MAX + 1];
	const struct hook *specific;

	binding->n = 0;
	if (event->kind != EVENT_ACCEPTED)
		return;
	memcpy(type, event->text[EVENT_TYPE], event->len[EVENT_TYPE]);
	type[event->len[EVENT_TYPE]] = '\0';
	specific = conf_hook_for(source, type);
	for (size_t i = 0; i < source->nhooks; i++) {
		const struct hook *hook = &source->hooks[i];

		if (hook == specific || (hook->all && glob_match(hook->title, type)))
			binding_identity(binding->identity[binding->n++], source, hook);
	}
}

bool
binding_exists(const struct conf *conf, const char *identity)
{
	const char *slash = strchr(identity, '/');
	const struct source *source = slash != NULL ? source_named(conf, identity, (size_t)(slash - identity)) : NULL;

	return source != NULL && conf_hook(source, slash + 1) != NULL;
}
