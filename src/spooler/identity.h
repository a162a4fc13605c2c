/*
 * Whom the spooler becomes, and as whom it makes what lies where that user can change things.
 */
#ifndef HOOKSPOOL_IDENTITY_H
#define HOOKSPOOL_IDENTITY_H

#include <sys/types.h>

#define IDENTITY_SAME_GROUP ((gid_t)-1)

/* USER (borrowed) is NULL and the ids are -1: whoever this process is. */
struct identity {
	uid_t uid;
	gid_t gid;
	const char *user;
};

/* Whom NAME is; nobody else when it is NULL, or this process isn't root.  The configuration was checked: one that is gone now is fatal(). */
struct identity identity_of(const char *name);

/* Be IDENTITY for good, real, effective and saved; fatal() when that can't be. */
void identity_become(const struct identity *);

/*
 * Be IDENTITY until identity_resume(): root's effective ids and supplementary groups change, so that the kernel checks each step of a path as
 * for that user, and what is made is that user's and GROUP's (IDENTITY_SAME_GROUP: the user's own).  Without a user only the group
 * changes; a process that isn't root stays as it is.  Not nested; for the whole process, while it has one thread.  Both are fatal() when
 * they fail.  identity_resume() leaves errno alone.
 */
void identity_assume(const struct identity *, gid_t group);
void identity_resume(void);

#endif
