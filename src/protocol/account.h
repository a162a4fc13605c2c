/*
 * Whom hooks run as, and within which limits: what the configuration, the spooler and the runner all name.
 */
#ifndef HOOKSPOOL_ACCOUNT_H
#define HOOKSPOOL_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCOUNT_GROUPS_MAX 64 /* supplementary ones */
#define RUN_LIMITS_MAX 8
#define ACCOUNT_SAME ((uint32_t)-1) /* a UID that nobody has */

/* Somebody whom hooks run as. */
struct account {
	uint32_t uid, gid; /* UID ACCOUNT_SAME: the runner's own, and its groups */
	uint32_t *groups;  /* supplementary; at most ACCOUNT_GROUPS_MAX */
	size_t ngroups;
};

/*
 * All of them, as the configuration had them when hookspoold was started.  Both ends have the table since before the runner was forked, and
 * a message says only which: whatever has become of the spooler, it can't have a hook run as anybody else.
 */
struct accounts {
	struct account *all;
	size_t n;
};

/* Whether they are one: user, group, and the supplementary groups in their order. */
bool account_same(const struct account *, const struct account *);

/* See setrlimit(2). */
struct run_limit {
	uint32_t resource; /* RLIMIT_… */
	uint64_t value;	   /* soft and hard */
};

#endif
