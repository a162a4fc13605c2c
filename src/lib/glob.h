/* Globs: fnmatch(3) without flags, and which of two says more. */
#ifndef HOOKSPOOL_GLOB_H
#define HOOKSPOOL_GLOB_H

#include <stdbool.h>

bool glob_match(const char *glob, const char *text);

/*
 * How specific GLOB is: the number of characters before its first wildcard ('*', '?', '['); UINT_MAX without a
 * wildcard, so that an exact title beats every glob.  A backslash and the character it quotes count as one.
 */
unsigned glob_rank(const char *glob);

/* Whether each bracket is closed and no backslash is last; fnmatch(3) would take it literally, or never match. */
bool glob_valid(const char *glob);

#endif
