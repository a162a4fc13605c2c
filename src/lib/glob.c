/* fnmatch(3) matches; what it does not tell, how much a glob says and whether it is one, is read from its text. */
#include "glob.h"

#include <fnmatch.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

bool
glob_match(const char *glob, const char *text)
{
	return fnmatch(glob, text, 0) == 0;
}

unsigned
glob_rank(const char *glob)
{
	unsigned rank = 0;

	for (const char *p = glob; *p != '\0'; p++, rank++) {
		if (*p == '*' || *p == '?' || *p == '[')
			return rank;
		if (*p == '\\' && p[1] != '\0')
			p++;
	}
	return UINT_MAX;
}

/* A class of characters, "[:alpha:]", that begins at P: its last byte; P where none begins. */
static const char *
class_end(const char *p)
{
	size_t name = p[0] == '[' && p[1] == ':' ? strspn(p + 2, "abcdefghijklmnopqrstuvwxyz") : 0;

	return name > 0 && p[2 + name] == ':' && p[3 + name] == ']' ? p + 3 + name : p;
}

/* The bracket expression that opens at P: its closing bracket, or NULL.  A quoted one closes nothing, nor does a class's. */
static const char *
bracket_end(const char *p)
{
	const char *first = p[1] == '!' || p[1] == '^' ? p + 2 : p + 1;

	for (p = first; p == first || *p != ']'; p++) { /* the first one stands for itself */
		if ((p = class_end(p))[0] == '\\')
			p++;
		if (*p == '\0')
			return NULL;
	}
	return p;
}

bool
glob_valid(const char *glob)
{
	for (const char *p = glob; *p != '\0'; p++) {
		if (*p == '[' && (p = bracket_end(p)) == NULL)
			return false;
		if (*p == '\\' && *++p == '\0')
			return false;
	}
	return true;
}
