/*
 * What has happened to events, and is on disk, for whoever wants to know: it is put down as it happens, and looked at in a turn of the loop of
 * its own, as a commit tells many at once.  What is too much for that is counted.
 */
#ifndef HOOKSPOOL_NEWS_H
#define HOOKSPOOL_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct news;

struct news_item {
	uint64_t number;  /* the event's */
	const char *what; /* a constant */
};

struct news_owner {
	void *context;
	/* N of them, in their order, and MISSED that could not be put down. */
	void (*look)(void *context, const struct news_item *, size_t n, uint64_t missed);
};

/* Returns owned, or NULL with errno.  Nobody wants any yet. */
struct news *news_new(struct event_base *, const struct news_owner *);
void news_free(struct news *);

void news_want(struct news *, bool wanted);

/* NEWS may be NULL: nobody ever wants any. */
void news_tell(struct news *, uint64_t number, const char *what);

#endif
