/* What writing the page journal and reading it share. */
#ifndef HOOKSPOOL_STORE_JOURNAL_PRIVATE_H
#define HOOKSPOOL_STORE_JOURNAL_PRIVATE_H

#include <stdint.h>

/* Open the journal in the directory DIR, as far as it is one.  Returns a descriptor, or -1 with errno: ENOENT, EPROTO, ENOTSUP, …. */
int store_journal_open_file(int dir, unsigned char *id);

/* The number of the last batch that is whole; 0: none is.  Returns 0, or -1 with errno. */
int store_journal_last(int fd, const unsigned char *id, uint64_t *last);

#endif
