/*
 * A configuration that changes while its responder serves.
 */
#ifndef HOOKSPOOL_REREAD_H
#define HOOKSPOOL_REREAD_H

struct conf_stamps;
struct rules_book;
struct handover;

/*
 * A file of STAMPS has changed: read the configuration again, turn the book to it, for requests that come from now on, and have the handover
 * follow.  One that is wrong is logged, and the one before stays.
 */
void reread(struct conf_stamps *, struct rules_book *, struct handover *);

#endif
