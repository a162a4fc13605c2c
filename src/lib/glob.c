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

/* The bracket expression that opens at P: its closing bracket, or NULL. */
static const char *
bracket_end(const char *p)
{
	p++;
	if (*p == '!' || *p == '^')
		p++;
	if (*p == ']') /* the first one stands for itself */
		p++;
	return strchr(p, ']');
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
