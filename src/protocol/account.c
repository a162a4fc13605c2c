/* Comparing accounts. */
#include "account.h"

#include <string.h>

bool
account_same(const struct account *a, const struct account *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->ngroups == b->ngroups &&
	    (a->ngroups == 0 || memcmp(a->groups, b->groups, a->ngroups * sizeof a->groups[0]) == 0);
}
