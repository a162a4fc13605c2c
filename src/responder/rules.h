/*
 * A configuration as the loop and its threads use it: shared by all of them, replaced while they work, and freed with the last one that uses it.
 */
#ifndef HOOKSPOOL_RULES_H
#define HOOKSPOOL_RULES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

struct conf;
struct verdict_rules;

/* A configuration and how many use it. */
struct rules_shared {
	struct conf *conf;
	unsigned users; /* under the mutex of the book it is in */
};

struct rules_book {
	pthread_mutex_t mutex;
	struct rules_shared *_Atomic current;
};

/* What one thread has made of a configuration: rules for each source. */
struct rules {
	struct rules_book *book;
	struct rules_shared *shared;
	const struct conf *conf;
	struct verdict_rules **verdicts; /* by source */
};

/* Begin with CONF (takes it).  Returns 0, or -1 with errno, and CONF is freed. */
int rules_book_init(struct rules_book *, struct conf *);

/* From now on CONF (takes it).  Returns 0, or -1 with errno, and CONF is freed. */
int rules_book_turn(struct rules_book *, struct conf *);

/*
 * Have RULES, zeroed at first, follow the book.  Only between requests: what the rules before gave is gone.  Returns 0, or -1 with errno:
 * they are as they were.
 */
int rules_follow(struct rules *, struct rules_book *);

#endif
