/* An event as a row of a table. */
#ifndef HOOKSPOOL_EVENT_ROW_H
#define HOOKSPOOL_EVENT_ROW_H

struct json_object;
struct table;

#define EVENT_COLUMNS 9

/* For table_new(). */
extern const char *const event_headings[EVENT_COLUMNS];

/* Add an event row of the control socket (protocol/control.h).  Returns 0, or -1 with errno. */
int event_row(struct table *, struct json_object *event);

/* The texts of its columns, borrowed from EVENT. */
void event_cells(struct json_object *event, const char *cells[EVENT_COLUMNS]);

#endif
