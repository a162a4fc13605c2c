/* A store in a directory of its own. */
#ifndef HOOKSPOOL_TEST_STORED_H
#define HOOKSPOOL_TEST_STORED_H

#include "../../src/spool/store.h"

extern struct store *stored;
extern char stored_dir[32];

void stored_set_up(void);
void stored_tear_down(void);

/* The tables of the generation that always is. */
void stored_make_late(void);

/* Whether a file of this name is there. */
bool stored_has(const char *name);

#endif
