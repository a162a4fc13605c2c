/* What conf_read() would make of a file. */
#include "configured.h"

#include <string.h>

const char *const hook_name[HOOKS + 1] = {"s/x", "s/y", "s/*", "t/x", "s/y*", "t/y", NULL};
const char *const source_name[2] = {"s", "t"};
const char *const type_name[2] = {"x", "y"};

static char *command[] = {(char *)"/bin/true", NULL};
static struct selector body = {.kind = SELECTOR_BODY};

#define HOOK(TITLE)                                                                                                \
	.title = (char *)(TITLE), .command = command, .suspend_after = SUSPEND_AFTER, .as = {.uid = ACCOUNT_SAME}, \
	.backoff = {                                                                                               \
	    .first_ms = FIRST_MS, .factor = FACTOR, .max_ms = MAX_MS, .give_up_ms = GIVE_UP_MS, .attempts = ATTEMPTS}

/* That for all is a worker: the spooler knows it by how its runs end. */
static struct hook hooks_s[FORMS][3] = {
    {{HOOK("x"), .max_running = MAX_RUNNING_X}, {HOOK("*"), .all = true, .worker = true}, {HOOK("y")}},
    {{HOOK("x"), .max_running = MAX_RUNNING_X}, {HOOK("*"), .all = true, .worker = true}, {HOOK("y*")}}};
static struct hook hooks_t[FORMS][2] = {{{HOOK("x")}}, {{HOOK("x")}, {HOOK("y")}}};

#define SOURCE(NAME, HOOKS_OF, N)                                                                          \
	.name = (char *)(NAME), .max_body = 1u << 20, .unsigned_allowed = true, .ids = {&body}, .nids = 1, \
	.lane = &body, .hooks = (HOOKS_OF), .nhooks = (N)

static struct source sources[FORMS][2] = {
    {{SOURCE("s", hooks_s[0], 3), .max_running = MAX_RUNNING_S}, {SOURCE("t", hooks_t[0], 1), .replay_guard = true}},
    {{SOURCE("s", hooks_s[1], 3), .max_running = MAX_RUNNING_S}, {SOURCE("t", hooks_t[1], 2), .replay_guard = true}}};

#define CONF(SOURCES)                                                                                              \
	.sources = (SOURCES), .nsources = 2, .max_running = MAX_RUNNING, .cache = 1u << 20, .max_queued = 1000000, \
	.max_rejected = MAX_REJECTED, .keep_ms = KEEP_MS, .dedup_ms = DEDUP_MS

struct conf configured[FORMS] = {{CONF(sources[0])}, {CONF(sources[1])}};

bool
hook_is_in(int form, int hook)
{
	return hook == HOOK_Y ? form == 0 : hook == HOOK_GLOB || hook == HOOK_TY ? form == 1 : true;
}

int
hook_named(const char *identity)
{
	int hook = 0;

	while (hook < HOOKS && strcmp(hook_name[hook], identity) != 0)
		hook++;
	return hook;
}

int
source_of_hook(int hook)
{
	return hook == HOOK_T || hook == HOOK_TY ? SOURCE_T : SOURCE_S;
}

bool
hook_takes(int form, int hook, int source, int type)
{
	if (!hook_is_in(form, hook) || source_of_hook(hook) != source)
		return false;
	return hook == HOOK_ALL ||
	    (type == TYPE_X ? hook == HOOK_X || hook == HOOK_T : hook != HOOK_X && hook != HOOK_T);
}
