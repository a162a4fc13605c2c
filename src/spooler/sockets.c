/*
 * Nothing is given away by path where others can change what the path leads to: owner, group and mode are those that it is made with, by
 * the effective ids and the umask of that moment.
 */
#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../lib/log.h"
#include "../lib/place.h"
#include "rights.h"

#define BACKLOG 128

/* For messages. */
static const char *
who(const struct rights *owner)
{
	return owner->user != NULL ? owner->user : "who started it";
}

static int
is_directory(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		return 0;
	errno = ENOTDIR;
	return -1;
}

/* MODE whatever the umask is, and OWNER if there is one; of what was just made at PATH, by descriptor. */
static int
finish(const char *path, mode_t mode, const struct rights *owner)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), result = -1, saved;
	struct stat st;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) != 0)
		goto out;
	if (st.st_uid != geteuid()) {
		errno = EPERM; /* it is another one by now */
		goto out;
	}
	if (fchmod(fd, mode) == 0 && (owner == NULL || fchown(fd, owner->uid, owner->gid) == 0))
		result = 0;
out:
	saved = errno;
	close(fd);
	errno = saved;
	return result;
}

static int
make_directory(const char *path, mode_t mode, const struct rights *owner)
{
	bool give = owner->user != NULL && place_is_roots(path);
	int result;

	if (!give)
		rights_assume(owner, RIGHTS_SAME_GROUP);
	if (mkdir(path, mode) == 0)
		result = finish(path, mode, give ? owner : NULL);
	else
		result = errno == EEXIST ? is_directory(path) : -1;
	rights_resume();
	return result;
}

/* The directory that PATH is in. */
static void
parent_of(const char *path, char *parent, size_t size)
{
	int len = (int)(place_name(path) - path);

	snprintf(parent, size, "%.*s", len > 1 ? len - 1 : len, path);
}

/*
 * A directory whose own name was not flushed is gone after a power cut, with all that was flushed in it.  Where who may not read what it is in can't
 * flush that, he flushes all of its file system.
 */
static int
flush_name(const char *path)
{
	char parent[PATH_MAX];
	int fd, failed, saved;

	parent_of(path, parent, sizeof parent);
	if ((fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) != -1)
		failed = fsync(fd);
	else if (errno == EACCES && (fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) != -1)
		failed = syncfs(fd);
	else
		return -1;
	saved = errno;
	close(fd);
	errno = saved;
	return failed;
}

/* One that is there may have been made by a start that ended before it was flushed. */
void
sockets_directory(const char *path, const struct rights *owner)
{
	if (make_directory(path, 0700, owner) != 0 || flush_name(path) != 0)
		fatal("can't make the spool directory %s: %s", path, strerror(errno));
}

/* Who can write there can put a socket of his own in place of ours, and answer for us. */
static void
check_parent(const char *parent)
{
	struct stat st;

	if (stat(parent, &st) == 0 && (st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0)
		fatal("the socket directory %s may be written to by others (mode %04o); chmod o-w", parent,
		    (unsigned)(st.st_mode & 07777));
}

static void
prepare_parent(const char *path, const struct rights *owner)
{
	struct sockaddr_un address; /* as long as a socket's path can be */

	parent_of(path, address.sun_path, sizeof address.sun_path);
	if (place_name(path) - path > 1 && make_directory(address.sun_path, 0755, owner) != 0)
		fatal("can't make the socket directory %s: %s", address.sun_path, strerror(errno));
	check_parent(address.sun_path);
}

/* Whose group may connect; RIGHTS_SAME_GROUP: OWNER's. */
static gid_t
group_of(const char *group, const struct rights *owner)
{
	const struct group *entry = group != NULL ? getgrnam(group) : NULL;

	if (group != NULL && entry == NULL)
		fatal("no group \"%s\"", group);
	return entry != NULL ? entry->gr_gid : owner->user != NULL ? owner->gid : RIGHTS_SAME_GROUP;
}

/* A socket that is to be. */
struct wanted {
	struct sockaddr_un address;
	const struct rights *owner;
	gid_t gid; /* see group_of() */
	mode_t mode;
	bool give; /* made as this process, and given to OWNER; else made as OWNER */
};

/* Bind FD as the process's user, with the mode from the first moment on. */
static int
bind_with_mode(int fd, const struct wanted *w)
{
	mode_t mask = umask(0777 & ~w->mode);
	int result = bind(fd, (const struct sockaddr *)&w->address, sizeof w->address);

	umask(mask);
	return result;
}

/* In a place of root's, or of whoever this process is and stays: nobody can change what the name stands for between two calls. */
static int
bind_and_give(int fd, const struct wanted *w)
{
	if (bind_with_mode(fd, w) != 0)
		return -1;
	if (w->owner->uid == (uid_t)-1 && w->gid == RIGHTS_SAME_GROUP)
		return 0;
	return lchown(w->address.sun_path, w->owner->uid, w->gid);
}

/* With the user's own group: the other one is for the socket alone. */
static int
remove_old(const struct wanted *w)
{
	int result;

	if (!w->give)
		rights_assume(w->owner, RIGHTS_SAME_GROUP);
	result = unlink(w->address.sun_path) == 0 || errno == ENOENT ? 0 : -1;
	rights_resume();
	return result;
}

static int
make(int fd, const struct wanted *w)
{
	int result;

	if (w->give)
		return bind_and_give(fd, w);
	rights_assume(w->owner, w->gid);
	result = bind_with_mode(fd, w);
	rights_resume();
	return result;
}

int
sockets_listen(const char *path, const struct rights *owner, const char *group)
{
	struct wanted w = {.address = {.sun_family = AF_UNIX},
	    .owner = owner,
	    .gid = group_of(group, owner),
	    .mode = group != NULL ? 0660 : 0600};
	const char *maker;
	int fd;

	if (strlen(path) >= sizeof w.address.sun_path)
		fatal("can't listen on %s: %s", path, strerror(ENAMETOOLONG));
	strcpy(w.address.sun_path, path);
	prepare_parent(path, owner);
	w.give = geteuid() != 0 || place_is_roots(path);
	maker = w.give ? "who started it" : who(owner);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		fatal("can't listen on %s: %s", path, strerror(errno));
	if (remove_old(&w) != 0)
		fatal("can't remove the old socket %s as %s: %s", path, maker, strerror(errno));
	if (make(fd, &w) != 0 || listen(fd, BACKLOG) != 0)
		fatal("can't listen on %s as %s: %s", path, maker, strerror(errno));
	return fd;
}
