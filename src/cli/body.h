/* A body on standard input. */
#ifndef HOOKSPOOL_BODY_H
#define HOOKSPOOL_BODY_H

#include <stddef.h>

/* All of it, with room for one byte more.  Returns owned, or NULL after a message. */
char *body_read(size_t *len);

#endif
