/* Modes and owners, as sshd(8) looks at them. */
#include "trust.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct trust {
	enum trust_owner owner;
	char *why;
	size_t size;
};

static bool
may_own(const struct trust *trust, uid_t owner)
{
	return trust->owner == TRUST_ANYBODY || owner == 0 || owner == geteuid() ||
	    (trust->owner == TRUST_SECRET && geteuid() == 0);
}

/* WHAT begins the reason; BAD are the modes that nothing may have. */
static int
look(const struct trust *trust, const char *what, const struct stat *st, mode_t bad)
{
	if ((st->st_mode & bad) != 0)
		snprintf(trust->why, trust->size, "%smay be written to by %s (mode %04o); chmod go-w", what,
		    (st->st_mode & S_IWOTH) != 0 ? "others" : "its group", (unsigned)(st->st_mode & 07777));
	else if (!may_own(trust, st->st_uid))
		snprintf(trust->why, trust->size,
		    "%sbelongs to user %u, not to root or to who reads it (user %u); chown root", what,
		    (unsigned)st->st_uid, (unsigned)geteuid());
	else
		return 0;
	errno = EPERM;
	return -1;
}

/* PATH is absolute; it is cut at each '/' in turn. */
static int
look_at_directories(const struct trust *trust, char *path)
{
	mode_t bad = S_IWGRP | S_IWOTH;
	char what[PATH_MAX + 64];
	struct stat st;

	for (char *slash = strrchr(path, '/'); slash != NULL; slash = strrchr(path, '/'), bad = S_IWOTH) {
		slash[slash == path] = '\0'; /* the first one is the root's name */
		if (stat(path, &st) != 0)
			return -1;
		snprintf(what, sizeof what, "is in the directory '%s', which ", path);
		if (look(trust, what, &st, (st.st_mode & S_ISVTX) != 0 ? 0 : bad) != 0)
			return -1;
		if (slash == path)
			break;
	}
	return 0;
}

/* PATH, absolute, into OUT (PATH_MAX bytes).  Returns whether it fits. */
static bool
absolute(char *out, const char *path)
{
	size_t len = 0;

	if (path[0] != '/') {
		if (getcwd(out, PATH_MAX - 1) == NULL)
			return false;
		len = strlen(out);
		out[len++] = '/';
	}
	if (strlen(path) < PATH_MAX - len) {
		strcpy(out + len, path);
		return true;
	}
	errno = ENAMETOOLONG;
	return false;
}

static int
look_at_file(const struct trust *trust, const char *real, int fd)
{
	struct stat st, opened;

	if (stat(real, &st) != 0)
		return -1;
	if (fd != -1) {
		if (fstat(fd, &opened) != 0)
			return -1;
		if (opened.st_dev != st.st_dev || opened.st_ino != st.st_ino) {
			snprintf(trust->why, trust->size, "was replaced while it was read");
			errno = EPERM;
			return -1;
		}
		st = opened;
	}
	return look(trust, "", &st, S_IWGRP | S_IWOTH);
}

int
trust_file(const char *path, int fd, enum trust_owner owner, char *why, size_t size)
{
	const struct trust trust = {owner, why, size};
	char named[PATH_MAX], real[PATH_MAX];

	why[0] = '\0';
	if (!absolute(named, path) || realpath(path, real) == NULL || look_at_file(&trust, real, fd) != 0)
		return -1;
	if (strcmp(real, named) != 0 && look_at_directories(&trust, named) != 0)
		return -1;
	return look_at_directories(&trust, real);
}

int
trust_program(const char *path, char *why, size_t size)
{
	return trust_file(path, -1, TRUST_ANYBODY, why, size);
}
