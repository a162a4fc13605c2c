/*
 * Pages that wait in memory for their way to the disk: each of an owner, a table's file, with a number.  A page put again replaces what
 * waits of it.  Some are taken out to be written; who looks for one meanwhile still finds it, or what was put since.  As many as there is room
 * for, and that is made once.  No locks: the caller has one.
 */
#ifndef HOOKSPOOL_STORE_WAITING_H
#define HOOKSPOOL_STORE_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_PAGE 4096 /* bytes */

struct store_waiting;

/* One that was taken. */
struct store_taken {
	const void *owner;
	uint32_t number;
	const unsigned char *bytes; /* borrowed until store_waiting_settle() */
};

/* For N pages at once; memory is used once a page needs it.  Returns owned, or NULL with errno. */
struct store_waiting *store_waiting_new(uint32_t n);
void store_waiting_free(struct store_waiting *);

/* Returns 0, or -1: there is no room. */
int store_waiting_put(struct store_waiting *, const void *owner, uint32_t number, const void *bytes);

/* What was last put.  Borrowed until the next call; NULL: none of it is here. */
const unsigned char *store_waiting_find(const struct store_waiting *, const void *owner, uint32_t number);

/* How many wait and are not taken. */
uint32_t store_waiting_count(const struct store_waiting *);

/* Pages have a rank, by when they were put for the first time since they were taken.  The next one's, and that of the first that waits. */
uint64_t store_waiting_next(const struct store_waiting *);
uint64_t store_waiting_first(const struct store_waiting *);

/* Take the first ones, at most MAX and while WANTED says so of each.  Nothing is taken now.  Returns how many. */
uint32_t store_waiting_take(struct store_waiting *, struct store_taken *, uint32_t max,
    bool (*wanted)(void *context, const void *owner), void *context);

/* Those taken are written and forgotten, or else they wait again, where nothing newer does. */
void store_waiting_settle(struct store_waiting *, bool written);

/* Forget the owner's pages from number FROM on, also those that are taken. */
void store_waiting_drop(struct store_waiting *, const void *owner, uint32_t from);

/* Whether any of the owner's is here. */
bool store_waiting_has(const struct store_waiting *, const void *owner);

#endif
