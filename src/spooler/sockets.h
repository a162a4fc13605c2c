/*
 * The spooler's places in the file system, made while it still has the rights it was started with: the spool directory, the sockets and who
 * may use them.  Where nobody but root can change anything, root makes them and gives them away; anywhere else OWNER does.  What
 * can't be made is fatal(), with what is wrong.  The umask is 0077.
 */
#ifndef HOOKSPOOL_SOCKETS_H
#define HOOKSPOOL_SOCKETS_H

#include <sys/types.h>

struct rights;

/* Make the directory PATH (mode 0700, OWNER's) unless it is there; its parent must exist. */
void sockets_directory(const char *path, const struct rights *owner);

/*
 * Listen at PATH, in place of what an earlier spooler left there; the caller holds the spool's lock.  The directory is made if need
 * be, as by sockets_directory() but with mode 0755, because the web server must reach its socket.  GROUP (a name, or NULL) may connect,
 * besides OWNER.  Returns the descriptor, non-blocking.
 */
int sockets_listen(const char *path, const struct rights *owner, const char *group);

#endif
