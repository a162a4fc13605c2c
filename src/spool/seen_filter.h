/* Sealed generations of the dedup window (seen.h), and the filters that say what is certainly not in one. */
#ifndef HOOKSPOOL_SEEN_FILTER_H
#define HOOKSPOOL_SEEN_FILTER_H

#include <stdbool.h>
#include <stdint.h>

struct files;
struct filter;

struct seen_generation {
	uint32_t id;	   /* grows */
	uint64_t first;	   /* the first number of which a key may be in it */
	uint64_t began_ms; /* by the clock of then */
	uint64_t last_ms;  /* when the last event of it came; 0: it is not sealed */
	uint64_t keys;
	struct store_table *table;
	struct filter *filter; /* or NULL */
	bool busy;	       /* a job reads it: it must stay */
	bool given_up;	       /* no filter can be made */
};

#define SEEN_FILTER_SUFFIX ".filter"

/* Have the filter of a sealed generation read from its file or, where that is missing or damaged, made from the tree. */
void seen_filter_prepare(struct files *, struct seen_generation *);

#endif
