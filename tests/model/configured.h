/*
 * The configuration of both harnesses, in two forms, as reloads give them: other pointers, other hooks.
 */
#ifndef HOOKSPOOL_MODEL_CONFIGURED_H
#define HOOKSPOOL_MODEL_CONFIGURED_H

#include <stdbool.h>

#include "../../src/conf/conf.h"

/* In both forms, but for HOOK_Y (of the first), HOOK_GLOB, which takes what it took, and HOOK_TY (of the second). */
enum { HOOK_X, HOOK_Y, HOOK_ALL, HOOK_T, HOOK_GLOB, HOOK_TY, HOOKS, NO_HOOK = HOOKS };
enum { SOURCE_S, SOURCE_T };
enum { TYPE_X, TYPE_Y };

#define FORMS 2
#define MAX_RUNNING 5
#define MAX_RUNNING_S 4
#define MAX_RUNNING_X 2
#define SUSPEND_AFTER 4
#define FIRST_MS 1000
#define FACTOR 3
#define MAX_MS 20000
#define GIVE_UP_MS 120000
#define ATTEMPTS 5
#define KEEP_MS 300000
#define DEDUP_MS 600000
#define MAX_REJECTED 20

extern const char *const hook_name[HOOKS + 1]; /* accounts; NULL behind them */
extern const char *const source_name[2];
extern const char *const type_name[2];
extern struct conf configured[FORMS];

bool hook_is_in(int form, int hook);
int hook_named(const char *identity); /* NO_HOOK: none of these */
int source_of_hook(int hook);

/* Whether a webhook of SOURCE and TYPE is for HOOK. */
bool hook_takes(int form, int hook, int source, int type);

#endif
