/*
 * Who can change what a path leads to.  What root does by path is safe only where that is root alone.
 */
#ifndef HOOKSPOOL_PLACE_H
#define HOOKSPOOL_PLACE_H

#include <stdbool.h>

enum place {
	PLACE_ROOTS,  /* nobody but root can change what the directory holds, or which one it is */
	PLACE_OTHERS, /* others can, but no symbolic link was followed on the way there */
	PLACE_LINKED  /* others can, and there was one */
};

/*
 * Open the directory that PATH, absolute, names something in: O_PATH, for openat(2) and its kin.  Links on the way are followed, up to 40;
 * PATH's last component is not looked at.  A directory is root's alone when root owns it and neither group nor others may write to it; on
 * the way there a sticky one will do, because there nobody can replace what root owns.  Every directory is looked at, also those
 * that lead to links; a link itself has to be root's.  Modes and owners only: no capabilities, no attributes.
 * Returns the descriptor, close-on-exec, and what it is in PLACE; or -1 with errno.
 */
int place_open(const char *path, enum place *place);

/* Whether that is PLACE_ROOTS; false, too, when there is no such directory. */
bool place_is_roots(const char *path);

/* PATH's last component, as place_open() cuts it off; slashes after it stay.  Borrowed from PATH. */
const char *place_name(const char *path);

#endif
