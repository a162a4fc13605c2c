/*
 * Whether a file can be trusted to be what its owner made it: a program, a secret, a file that says what a program does.  One
 * rule for all.
 */
#ifndef HOOKSPOOL_TRUST_H
#define HOOKSPOOL_TRUST_H

#include <stddef.h>

#define TRUST_TEXT_MAX 4600 /* bytes of a reason, which may have a path in it */

/* Whose the file, and each directory above it, must be. */
enum trust_owner {
	TRUST_ANYBODY, /* left to the operator */
	TRUST_READER, /* root's or the reader's (effective user): who decides what a process does is none with fewer rights */
	TRUST_SECRET /* the same; but root reads those of the process that uses them, too */
};

/*
 * Neither the file at PATH nor its directory may be written to by group or others, nor any directory above by others; a sticky one may, because
 * there nobody can replace what another owns.  That holds for the directories in which PATH is named and, symbolic links followed, for those in
 * which the file is.  FD is the file, opened, so that what was looked at is what is read; or -1: what is there now.
 * Returns 0, or -1 with errno, and a reason in WHY (SIZE bytes) when that is EPERM: "may be written to by others (mode 0777); chmod go-w".
 */
int trust_file(const char *path, int fd, enum trust_owner, char *why, size_t size);

/* A program, which its user runs: trust_file(), anybody's.  Allocates nothing: runner/hook.c asks where memory is shared. */
int trust_program(const char *path, char *why, size_t size);

#endif
