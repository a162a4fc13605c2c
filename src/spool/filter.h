/*
 * A filter of keys: says of a key that it is certainly not among those added, or that it may be.  A blocked Bloom filter: all bits of a key
 * are in one block as large as a line of the processor's cache, so that a look costs one access to memory (Bloom, CACM 13, 1970; Putze,
 * Sanders and Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", WEA 2007).  Of keys that were not added some 6 in 1000 may be there.
 *
 * A file of it, integers big-endian: the magic "HSfilter", u32 version 1, u32 zero, u64 keys, u64 blocks, u64 checksum of the blocks, zeros
 * up to 64 bytes; the blocks, 64 bytes each.  It is mapped, not read: its memory is the system's file cache.
 */
#ifndef HOOKSPOOL_FILTER_H
#define HOOKSPOOL_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_BITS 12 /* for a key */

struct filter;

/* A key's hash, the same for all filters: to look into many it is made once.  Keys that somebody chose to be alike cost time, nothing else. */
uint64_t filter_hash(const void *key, size_t len);

/* For KEYS keys, in memory.  Returns owned, or NULL with errno. */
struct filter *filter_new(uint64_t keys);
void filter_free(struct filter *);

void filter_add(struct filter *, uint64_t hash);
bool filter_may_have(const struct filter *, uint64_t hash);

/* Write it to the file PATH, by way of PATH with ".new" behind it; flushed but for the directory.  Returns 0, or -1 with errno. */
int filter_save(struct filter *, const char *path);

/*
 * One that was written for KEYS keys; nobody may change the file as long as it is in use.  Returns owned, or NULL with errno: EPROTO (it is
 * damaged, or not for so many), or what failed.
 */
struct filter *filter_load(const char *path, uint64_t keys);

#endif
