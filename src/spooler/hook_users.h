/*
 * The table of those whom hooks run as, which the runner gets when it is forked, and for good.
 */
#ifndef HOOKSPOOL_HOOK_USERS_H
#define HOOKSPOOL_HOOK_USERS_H

#include <stddef.h>

#include "../protocol/account.h"

struct conf;
struct hook;

/* Of the configuration that hookspoold was started with: first whom hooks without a user of their own run as.  Returns 0, or -1 with errno. */
int hook_users_make(struct accounts *, const struct conf *);
void hook_users_clear(struct accounts *);

/* The hook's place in the table, or -1: the runner can't run it. */
int hook_users_find(const struct accounts *, const struct hook *);

#endif
