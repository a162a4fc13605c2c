/*
 * A limit for lines that somebody else can cause as often as they like.  Lines are of one kind when they have subject and reason in common: a
 * kind has LOG_LIMIT_BURST lines at once and then one each LOG_LIMIT_EACH_MS, all kinds together LOG_LIMIT_ALL_BURST and one each
 * LOG_LIMIT_ALL_EACH_MS.  What is left out is counted, and the count is told.
 *
 * Memory and lines stay bounded whatever subjects and reasons come: those for which there is no room are one kind.  So that a peer can't
 * bring that about, neither is a text that it chose.
 *
 * Pure: no clock, no log, no lock.
 */
#ifndef HOOKSPOOL_LOG_LIMIT_H
#define HOOKSPOOL_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_LIMIT_BURST 10
#define LOG_LIMIT_EACH_MS 1000
#define LOG_LIMIT_ALL_BURST 100
#define LOG_LIMIT_ALL_EACH_MS 200
#define LOG_LIMIT_KINDS 64
#define LOG_LIMIT_TEXT_SIZE 72 /* of a subject or reason, terminated; they are compared so far */

struct log_limit_kind {
	char subject[LOG_LIMIT_TEXT_SIZE], reason[LOG_LIMIT_TEXT_SIZE];
	uint64_t due_ms;  /* when it has its whole burst again */
	uint64_t last_ms; /* when a line was left out last */
	uint64_t left_out;
};

/* Begins zeroed. */
struct log_limit {
	uint64_t due_ms;
	struct log_limit_kind kinds[LOG_LIMIT_KINDS + 1]; /* the last one is for those without room */
};

/*
 * A line about SUBJECT for REASON is to be written at NOW_MS (never less than at the call before).  Returns whether it may be; *LEFT_OUT is how
 * many of its kind were left out before it and have not been told: it tells them.
 */
bool log_limit_take(struct log_limit *, const char *subject, const char *reason, uint64_t now_ms, uint64_t *left_out);

/*
 * A kind of which lines were left out and no more have come for a while: *LEFT_OUT of them, which the caller tells with a line of its own.  With
 * ALL, any kind, whatever the limits say: nobody will ask again.  Returns borrowed, until the next call; NULL: none.
 */
const struct log_limit_kind *log_limit_tell(struct log_limit *, uint64_t now_ms, bool all, uint64_t *left_out);

#endif
