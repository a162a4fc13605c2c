/* Directories and listening sockets, made while the spooler still has the rights it was started with. */
#include "sockets.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

static int
make_directory(const char *path, mode_t mode, const struct identity *owner)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return chmod(path, mode) != 0 || (owner->user != NULL && chown(path, owner->uid, owner->gid) != 0) ? -1
														   : 0;
	if (errno != EEXIST || stat(path, &st) != 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		return 0;
	errno = ENOTDIR;
	return -1;
}

int
sockets_directory(const char *path, const struct identity *owner)
{
	return make_directory(path, 0700, owner);
}

int
sockets_parent(const char *path, const struct identity *owner)
{
	struct sockaddr_un address; /* as long as a socket's path can be */
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);

	if (len == 0)
		return 0;
	if (len >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, len);
	address.sun_path[len] = '\0';
	return make_directory(address.sun_path, 0755, owner);
}

static int
give_to(const char *path, const struct identity *owner, const char *group)
{
	const struct group *entry = group != NULL ? getgrnam(group) : NULL;
	uid_t uid = owner->user != NULL ? owner->uid : (uid_t)-1;
	gid_t gid = entry != NULL ? entry->gr_gid : owner->user != NULL ? owner->gid : (gid_t)-1;

	if (group != NULL && entry == NULL) {
		errno = EINVAL;
		return -1;
	}
	if ((uid != (uid_t)-1 || gid != (gid_t)-1) && chown(path, uid, gid) != 0)
		return -1;
	return chmod(path, group != NULL ? 0660 : 0600);
}

int
sockets_listen(const char *path, const struct identity *owner, const char *group)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, saved;

	if (strlen(path) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return -1;
	unlink(path);
	/* The umask is 0077: nobody else can connect before the mode is as it should be. */
	if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && give_to(path, owner, group) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}
