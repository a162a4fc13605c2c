/* A body on standard input. */
#ifndef HOOKSPOOL_INPUT_H
#define HOOKSPOOL_INPUT_H

#include <stddef.h>

/* All of it, with room for one byte more.  Returns owned, or NULL after a message. */
char *input_read(size_t *len);

#endif
