/* Few, and looked through from the front. */
#include "hook_users.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"

/* A copy, unless it is there. */
static int
add(struct accounts *table, const struct account *account)
{
	struct account *all, copy = *account;

	for (size_t i = 0; i < table->n; i++)
		if (account_same(&table->all[i], account))
			return 0;
	if ((all = realloc(table->all, (table->n + 1) * sizeof all[0])) == NULL)
		return -1;
	table->all = all;
	if (copy.ngroups > 0) {
		if ((copy.groups = malloc(copy.ngroups * sizeof copy.groups[0])) == NULL)
			return -1;
		memcpy(copy.groups, account->groups, copy.ngroups * sizeof copy.groups[0]);
	}
	table->all[table->n++] = copy;
	return 0;
}

int
hook_users_make(struct accounts *table, const struct conf *conf)
{
	*table = (struct accounts){NULL, 0};
	if (add(table, &conf->hooks_as) != 0)
		return -1;
	for (size_t i = 0; i < conf->nsources; i++)
		for (size_t j = 0; j < conf->sources[i].nhooks; j++) {
			const struct account *as = &conf->sources[i].hooks[j].as;

			if (as->uid != ACCOUNT_SAME && add(table, as) != 0)
				return -1;
		}
	if (table->n <= UINT16_MAX)
		return 0;
	errno = E2BIG;
	return -1;
}

void
hook_users_clear(struct accounts *table)
{
	for (size_t i = 0; i < table->n; i++)
		free(table->all[i].groups);
	free(table->all);
	*table = (struct accounts){NULL, 0};
}

int
hook_users_find(const struct accounts *table, const struct hook *hook)
{
	if (hook->as.uid == ACCOUNT_SAME)
		return 0;
	for (size_t i = 0; i < table->n; i++)
		if (account_same(&table->all[i], &hook->as))
			return (int)i;
	return -1;
}
