/* Comparing identities. */
#include "identity.h"

#include <string.h>

bool
run_identity_same(const struct run_identity *a, const struct run_identity *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->ngroups == b->ngroups &&
	    (a->ngroups == 0 || memcmp(a->groups, b->groups, a->ngroups * sizeof a->groups[0]) == 0);
}
