/*
 * Whose rights the spooler has: whom it becomes, and as whom it makes what lies where that user can change things.
 */
#ifndef HOOKSPOOL_RIGHTS_H
#define HOOKSPOOL_RIGHTS_H

#include <sys/types.h>

#define RIGHTS_SAME_GROUP ((gid_t)-1)

/* USER (borrowed) is NULL and the ids are -1: whoever this process is. */
struct rights {
	uid_t uid;
	gid_t gid;
	const char *user;
};

/* Those of NAME; nobody else's when it is NULL, or this process isn't root.  The configuration was checked: one that is gone now is fatal(). */
struct rights rights_of(const char *name);

/* Have these RIGHTS for good, real, effective and saved; fatal() when that can't be. */
void rights_become(const struct rights *);

/*
 * Have these RIGHTS until rights_resume(): root's effective ids and supplementary groups change, so that the kernel checks each step of a path as
 * for that user, and what is made is that user's and GROUP's (RIGHTS_SAME_GROUP: the user's own).  Without a user only the group
 * changes; a process that isn't root stays as it is.  Not nested; for the whole process, while it has one thread.  Both are fatal() when
 * they fail.  rights_resume() leaves errno alone.
 */
void rights_assume(const struct rights *, gid_t group);
void rights_resume(void);

#endif
