/*
 * Is there room on the spool's disk?  Asked of the system once a second, not once a webhook.
 */
#ifndef HOOKSPOOL_SPACE_H
#define HOOKSPOOL_SPACE_H

#include <stdbool.h>

struct space;
struct spooler;

/* Returns owned, or NULL with errno. */
struct space *space_new(struct spooler *);
void space_free(struct space *);

/* At least min-free was free when last looked. */
bool space_enough(const struct space *);

#endif
