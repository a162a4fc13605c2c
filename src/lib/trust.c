/* Modes, as sshd(8) looks at them; who owns a file is left to the operator. */
#include "trust.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int
refuse(const char *what, mode_t mode, char *why, size_t size)
{
	snprintf(why, size, "%smay be written to by %s (mode %04o); chmod go-w", what,
	    (mode & S_IWOTH) != 0 ? "others" : "its group", (unsigned)(mode & 07777));
	errno = EPERM;
	return -1;
}

/* PATH is resolved; it is cut at each '/' in turn. */
static int
trust_directories(char *path, char *why, size_t size)
{
	mode_t bad = S_IWGRP | S_IWOTH;
	char what[PATH_MAX + 32];
	struct stat st;

	for (char *slash = strrchr(path, '/'); slash != NULL; slash = strrchr(path, '/'), bad = S_IWOTH) {
		slash[slash == path] = '\0'; /* the first one is the root's name */
		if (stat(path, &st) != 0)
			return -1;
		snprintf(what, sizeof what, "is in the directory '%s', which ", path);
		if ((st.st_mode & bad) != 0 && (st.st_mode & S_ISVTX) == 0)
			return refuse(what, st.st_mode, why, size);
		if (slash == path)
			break;
	}
	return 0;
}

int
trust_program(const char *path, char *why, size_t size)
{
	char *real = realpath(path, NULL);
	struct stat st;
	int result = -1;

	why[0] = '\0';
	if (real != NULL && stat(real, &st) == 0)
		result = (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 ? refuse("", st.st_mode, why, size)
								 : trust_directories(real, why, size);
	free(real);
	return result;
}
