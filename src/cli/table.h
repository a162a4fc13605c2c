/* Aligned columns for people; tab-separated ones where standard output is no terminal. */
#ifndef HOOKSPOOL_TABLE_H
#define HOOKSPOOL_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 10

struct table;

/* HEADINGS are N constant strings, at most TABLE_COLUMNS_MAX.  Returns owned, or NULL with errno. */
struct table *table_new(const char *const *headings, size_t n);

/* Add a row of N texts, copied; control characters are made visible.  Returns 0, or -1 with errno. */
int table_row(struct table *, const char *const *cells);

/* Write what was added: ALIGNED with headings, or separated by tabs without.  Afterwards it is empty; its widths stay. */
void table_write(struct table *, FILE *, bool aligned);
void table_free(struct table *);

#endif
