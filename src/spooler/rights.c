/* Groups go first and come back last: who has given up the user may not change them any more. */
#include "rights.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../lib/log.h"

/* What rights_resume() goes back to. */
static struct {
	bool assumed;
	gid_t gid;
	int ngroups;
	gid_t *groups;
} before;

struct rights
rights_of(const char *name)
{
	struct rights rights = {(uid_t)-1, (gid_t)-1, NULL};
	const struct passwd *entry;

	if (name == NULL || geteuid() != 0)
		return rights;
	if ((entry = getpwnam(name)) == NULL)
		fatal("no user \"%s\"", name);
	return (struct rights){entry->pw_uid, entry->pw_gid, name};
}

void
rights_become(const struct rights *rights)
{
	if (rights->user == NULL)
		return;
	if (initgroups(rights->user, rights->gid) != 0 || setgid(rights->gid) != 0 || setuid(rights->uid) != 0)
		fatal("can't become user \"%s\": %s", rights->user, strerror(errno));
	prctl(PR_SET_DUMPABLE, 0);
}

static void
remember(void)
{
	before.gid = getegid();
	before.ngroups = getgroups(0, NULL);
	if (before.ngroups < 0 ||
	    (before.groups = calloc((size_t)before.ngroups + 1, sizeof before.groups[0])) == NULL ||
	    getgroups(before.ngroups, before.groups) != before.ngroups)
		fatal("can't look at this process's groups: %s", strerror(errno));
	before.assumed = true;
}

void
rights_assume(const struct rights *rights, gid_t group)
{
	if (geteuid() != 0)
		return;
	remember();
	if (group == RIGHTS_SAME_GROUP)
		group = rights->user != NULL ? rights->gid : before.gid;
	if ((rights->user != NULL && initgroups(rights->user, rights->gid) != 0) || setegid(group) != 0 ||
	    (rights->user != NULL && seteuid(rights->uid) != 0))
		fatal("can't act as user \"%s\", group %u: %s", rights->user != NULL ? rights->user : "root",
		    (unsigned)group, strerror(errno));
}

void
rights_resume(void)
{
	int saved = errno;

	if (!before.assumed)
		return;
	before.assumed = false;
	if (seteuid(0) != 0 || setegid(before.gid) != 0 || setgroups((size_t)before.ngroups, before.groups) != 0)
		fatal("can't be root again: %s", strerror(errno));
	free(before.groups);
	before.groups = NULL;
	errno = saved;
}
