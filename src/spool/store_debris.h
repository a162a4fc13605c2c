/*
 * What a power cut in the middle of a removal leaves.  To remove a table the library first puts another file in its place, of which it flushes neither
 * name nor bytes: the name may be there without the bytes, and recovery refuses a table's file that is none.
 */
#ifndef HOOKSPOOL_STORE_DEBRIS_H
#define HOOKSPOOL_STORE_DEBRIS_H

/*
 * Before the environment is opened: remove files of generations in which nothing is.  A table has its first page on disk before it has its name.
 * Returns 0, or -1 with errno.
 */
int store_debris_clean(const char *path);

#endif
