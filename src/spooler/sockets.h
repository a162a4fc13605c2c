/*
 * The spooler's places in the file system: the spool directory, the sockets and who may use them.
 */
#ifndef HOOKSPOOL_SOCKETS_H
#define HOOKSPOOL_SOCKETS_H

#include <sys/types.h>

struct conf;

/* Whom the spooler runs as; -1: no change. */
struct identity {
	uid_t uid;
	gid_t gid;
	const char *user;
};

/* Make the directory PATH (mode 0700, OWNER's) unless it is there; its parent must exist.  Returns 0, or -1 with errno. */
int sockets_directory(const char *path, const struct identity *owner);
/* The same for the directory that PATH's file lies in; mode 0755, because the web server must reach its socket. */
int sockets_parent(const char *path, const struct identity *owner);

/*
 * Listen at PATH, in place of what an earlier spooler left there; the caller holds the spool's lock.  GROUP (a name, or NULL) may
 * connect, besides OWNER.  Returns the descriptor, non-blocking, or -1 with errno.
 */
int sockets_listen(const char *path, const struct identity *owner, const char *group);

#endif
