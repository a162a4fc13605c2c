/* Columns are the fields of the JSON output, in its order. */
#include "event_row.h"

#include <json-c/json.h>

#include "table.h"

const char *const event_headings[EVENT_COLUMNS] = {
    "NUMBER", "SOURCE", "EVENT", "ID", "STATE", "ATTEMPTS", "RECEIVED", "NEXT", "BYTES"};

void
event_cells(struct json_object *event, const char *cells[EVENT_COLUMNS])
{
	static const char *const fields[EVENT_COLUMNS] = {
	    "number", "source", "event", "id", "state", "attempts", "received_at", "next_at", "bytes"};

	for (int i = 0; i < EVENT_COLUMNS; i++) {
		struct json_object *value = NULL;

		json_object_object_get_ex(event, fields[i], &value);
		cells[i] = value != NULL ? json_object_get_string(value) : "-";
	}
}

int
event_row(struct table *table, struct json_object *event)
{
	const char *cells[EVENT_COLUMNS];

	event_cells(event, cells);
	return table_row(table, cells);
}
