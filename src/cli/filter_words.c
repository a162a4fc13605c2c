/* Words are checked here where people know better than the spooler what they meant; what is left to it, it refuses. */
#include "filter_words.h"

#include <json-c/json.h>
#include <stddef.h>

#include "ask.h"
#include "usage.h"
#include "when.h"

static int
take_time(unsigned long long *ms, const char *word)
{
	*ms = when_of(word);
	return *ms != 0
	    ? 0
	    : usage_error(
		  "--since and --until take a time as 2026-11-29, 2026-11-29T06:30:15Z, or so long ago: 90s, 15m, 2h, 3d");
}

static int
take_number(unsigned long long *number, const char *word)
{
	*number = number_of(word);
	return *number != 0 ? 0 : usage_error("--attempts and --secret take a number from 1 on");
}

int
filter_words_take(struct filter_words *w, int option, const char *word)
{
	const char **text = option == FILTER_SOURCE ? &w->source
	    : option == FILTER_EVENT		    ? &w->event
	    : option == FILTER_STATE		    ? &w->state
	    : option == FILTER_ID		    ? &w->id
	    : option == FILTER_LANE		    ? &w->lane
	    : option == FILTER_ERROR		    ? &w->error
						    : NULL;

	if (text != NULL) {
		*text = word;
		return 0;
	}
	switch (option) {
	case FILTER_SINCE:
		return take_time(&w->since_ms, word);
	case FILTER_UNTIL:
		return take_time(&w->until_ms, word);
	case FILTER_ATTEMPTS:
		return take_number(&w->attempts, word);
	case FILTER_SECRET:
		return take_number(&w->secret, word);
	default:
		return usage_error("there is no such option");
	}
}

bool
filter_words_any(const struct filter_words *w)
{
	return w->source != NULL || w->event != NULL || w->id != NULL || w->lane != NULL || w->error != NULL ||
	    w->since_ms != 0 || w->until_ms != 0 || w->attempts != 0 || w->secret != 0;
}

static void
add_number(struct json_object *request, const char *name, unsigned long long number)
{
	if (number != 0)
		json_object_object_add(request, name, json_object_new_uint64(number));
}

void
filter_words_add(const struct filter_words *w, struct json_object *request)
{
	ask_add(request, "source", w->source);
	ask_add(request, "event", w->event);
	ask_add(request, "state", w->state);
	ask_add(request, "id", w->id);
	ask_add(request, "lane", w->lane);
	ask_add(request, "error", w->error);
	add_number(request, "since", w->since_ms);
	add_number(request, "until", w->until_ms);
	add_number(request, "attempts", w->attempts);
	add_number(request, "secret", w->secret);
}
