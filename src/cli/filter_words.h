/* The options that say which events are meant: the same for list, tail, retry and drop. */
#ifndef HOOKSPOOL_FILTER_WORDS_H
#define HOOKSPOOL_FILTER_WORDS_H

#include <stdbool.h>

struct json_object;

struct filter_words {
	const char *source, *event, *state, *id, *lane, *error;	 /* NULL: any; borrowed */
	unsigned long long since_ms, until_ms, attempts, secret; /* 0: any */
};

/* For getopt_long(3); their values are none of a letter. */
#define FILTER_OPTIONS                                                                                          \
	{"source", required_argument, NULL, FILTER_SOURCE}, {"event", required_argument, NULL, FILTER_EVENT},   \
	    {"state", required_argument, NULL, FILTER_STATE}, {"id", required_argument, NULL, FILTER_ID},       \
	    {"lane", required_argument, NULL, FILTER_LANE}, {"error", required_argument, NULL, FILTER_ERROR},   \
	    {"since", required_argument, NULL, FILTER_SINCE}, {"until", required_argument, NULL, FILTER_UNTIL}, \
	    {"attempts", required_argument, NULL, FILTER_ATTEMPTS},                                             \
	{                                                                                                       \
		"secret", required_argument, NULL, FILTER_SECRET                                                \
	}

enum filter_option {
	FILTER_SOURCE = 256,
	FILTER_EVENT,
	FILTER_STATE,
	FILTER_ID,
	FILTER_LANE,
	FILTER_ERROR,
	FILTER_SINCE,
	FILTER_UNTIL,
	FILTER_ATTEMPTS,
	FILTER_SECRET
};

/* Take one of them with its word.  Returns 0, or EXIT_USAGE after a message: it says nothing, or is none of these. */
int filter_words_take(struct filter_words *, int option, const char *word);

/* Whether any is said, but for the state. */
bool filter_words_any(const struct filter_words *);

/* Put them into a request. */
void filter_words_add(const struct filter_words *, struct json_object *request);

#endif
