/*
 * What the spooler does once a second besides its work: was the clock set, or the log's file renamed?  What has been kept long enough is
 * forgotten, and what is in the store's log written to its tables.
 */
#ifndef HOOKSPOOL_UPKEEP_H
#define HOOKSPOOL_UPKEEP_H

struct spooler;
struct upkeep;

/* Looks at the clocks at once.  Returns owned, or NULL with errno. */
struct upkeep *upkeep_new(struct spooler *);
void upkeep_free(struct upkeep *);

/* The log's file may have been renamed: look now, and have the runner follow. */
void upkeep_log(struct upkeep *);

#endif
