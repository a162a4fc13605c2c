/* An event's texts are not terminated. */
#include "event_filter.h"

#include <string.h>

#include "../lib/glob.h"
#include "../protocol/event.h"

static bool
source_fits(const char *source, const struct event *event)
{
	return source == NULL ||
	    (strlen(source) == event->len[EVENT_SOURCE] &&
		memcmp(source, event->text[EVENT_SOURCE], event->len[EVENT_SOURCE]) == 0);
}

static bool
type_fits(const char *glob, const struct event *event)
{
	char type[EVENT_TYPE_MAX + 1];

	if (glob == NULL)
		return true;
	memcpy(type, event->text[EVENT_TYPE], event->len[EVENT_TYPE]);
	type[event->len[EVENT_TYPE]] = '\0';
	return glob_match(glob, type);
}

bool
event_filter_fits(const struct event_filter *filter, const struct event *event)
{
	return source_fits(filter->source, event) && (filter->secret == 0 || filter->secret == event->secret) &&
	    type_fits(filter->type, event);
}
