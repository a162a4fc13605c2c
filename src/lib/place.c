/* The kernel's walk along a path, a step at a time by descriptor, so that what was looked at is what is entered. */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel's */

struct walk {
	int dir;
	bool roots;  /* so far */
	bool sticky; /* so is this directory, and others may write to it */
	unsigned links;
	char rest[2 * PATH_MAX]; /* a link's target, and what was left of the path */
};

const char *
place_name(const char *path)
{
	size_t end = strlen(path);

	while (end > 0 && path[end - 1] == '/')
		end--;
	while (end > 0 && path[end - 1] != '/')
		end--;
	return path + end;
}

/* FD, which it takes, is the directory to go on from. */
static void
enter(struct walk *w, int fd, const struct stat *st)
{
	bool open = (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;

	if (w->dir != -1)
		close(w->dir);
	w->dir = fd;
	w->sticky = open && (st->st_mode & S_ISVTX) != 0;
	w->roots = w->roots && st->st_uid == 0 && (!open || w->sticky);
}

static int
enter_root(struct walk *w)
{
	struct stat st;
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) != 0) {
		close(fd);
		return -1;
	}
	enter(w, fd, &st);
	return 0;
}

/* The link FD's target comes before REST, what is left of the path. */
static int
follow(struct walk *w, int fd, const char *rest)
{
	char target[PATH_MAX], joined[sizeof w->rest];
	ssize_t n = readlinkat(fd, "", target, sizeof target - 1);

	if (n < 0)
		return -1;
	target[n] = '\0';
	if (++w->links > LINKS_MAX) {
		errno = ELOOP;
		return -1;
	}
	if ((size_t)snprintf(joined, sizeof joined, "%s/%s", target, rest) >= sizeof joined) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(w->rest, joined, strlen(joined) + 1);
	return target[0] == '/' ? enter_root(w) : 0;
}

/* One component further; REST is what comes after it. */
static int
step(struct walk *w, const char *name, const char *rest)
{
	struct stat st;
	int fd = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), result;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) != 0) {
		close(fd);
		return -1;
	}
	if (S_ISDIR(st.st_mode)) {
		enter(w, fd, &st);
		memmove(w->rest, rest, strlen(rest) + 1);
		return 0;
	}
	if (S_ISLNK(st.st_mode)) {
		w->roots = w->roots && st.st_uid == 0;
		result = follow(w, fd, rest);
	} else {
		errno = ENOTDIR;
		result = -1;
	}
	close(fd);
	return result;
}

static int
walk(struct walk *w)
{
	while (w->rest[0] != '\0') {
		char name[NAME_MAX + 1];
		size_t slashes = strspn(w->rest, "/"), len = strcspn(w->rest + slashes, "/");
		const char *component = w->rest + slashes;

		if (len > NAME_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (len == 0)
			return 0;
		memcpy(name, component, len);
		name[len] = '\0';
		if (step(w, name, component + len) != 0)
			return -1;
	}
	return 0;
}

int
place_open(const char *path, enum place *place)
{
	struct walk w = {.dir = -1, .roots = true};
	size_t len = (size_t)(place_name(path) - path);

	if (path[0] != '/' || len >= PATH_MAX) {
		errno = path[0] != '/' ? EINVAL : ENAMETOOLONG;
		return -1;
	}
	memcpy(w.rest, path, len);
	w.rest[len] = '\0';
	if (enter_root(&w) != 0 || walk(&w) != 0) {
		int saved = errno;

		if (w.dir != -1)
			close(w.dir);
		errno = saved;
		return -1;
	}
	*place = w.roots && !w.sticky ? PLACE_ROOTS : w.links == 0 ? PLACE_OTHERS : PLACE_LINKED;
	return w.dir;
}

bool
place_is_roots(const char *path)
{
	enum place place;
	int fd = place_open(path, &place);

	if (fd == -1)
		return false;
	close(fd);
	return place == PLACE_ROOTS;
}
