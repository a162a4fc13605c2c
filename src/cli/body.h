/* A body on standard input. */
#ifndef HOOKSPOOL_BODY_H
#define HOOKSPOOL_BODY_H

#include <stddef.h>

/* All of it, at most EVENT_BODY_MAX bytes, with room for one more.  Returns owned, or NULL after a message. */
char *body_read(size_t *len);

#endif
