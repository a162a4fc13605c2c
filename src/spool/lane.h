/*
 * Lanes: events that must run one after another.  A lane's entries are its events that still have something to run, in order of
 * acceptance; only the first is due.  An event that the operator brings back may come before the first: then it takes the other's place,
 * and that one waits again.  Whose deliveries that moves is the caller's matter: here are numbers only.
 */
#ifndef HOOKSPOOL_LANE_H
#define HOOKSPOOL_LANE_H

#include <stddef.h>
#include <stdint.h>

struct event;
struct store_table;

/* A lane, or none (name_len 0).  Borrows from the event. */
struct lane {
	const char *source, *name;
	size_t source_len, name_len;
};
struct lane lane_of(const struct event *);

/*
 * Enter the event into its lane.  Returns 1 when its deliveries are due (it is the first of its lane, or in none), 0 when they
 * must wait, -1 with errno.  *INSTEAD is the event that was the first until now and must wait again, or 0.
 */
int lane_enter(struct store_table *, const struct lane *, uint64_t number, uint64_t *instead);

/* The event has nothing left to run: *NEXT of its lane becomes due, or 0: there is none.  Returns 0, or -1 with errno. */
int lane_leave(struct store_table *, const struct lane *, uint64_t number, uint64_t *next);

/* 1: the event is the first of its lane (or in none); 0: it is not; -1 with errno. */
int lane_is_first(struct store_table *, const struct lane *, uint64_t number);

#endif
