/*
 * Whether a program can be trusted to be what its owner made it.
 */
#ifndef HOOKSPOOL_TRUST_H
#define HOOKSPOOL_TRUST_H

#include <stddef.h>

#define TRUST_TEXT_MAX 4400 /* bytes of a reason, which may have a path in it */

/*
 * Neither the program nor its directory may be written to by group or others, nor any directory above by others; a sticky one may, because
 * there nobody can replace what another owns.  Symbolic links are followed first.  Returns 0, or -1 with errno, and a reason in WHY (SIZE
 * bytes) when that is EPERM: "may be written to by others (mode 0777)".
 */
int trust_program(const char *path, char *why, size_t size);

#endif
