/* Each one that watches has a filter of his own; an event is read once for all of them. */
#include "watchers.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>

#include "control_event.h"
#include "control_filter.h"
#include "control_line.h"
#include "event_filter.h"
#include "news.h"
#include "spooler.h"
#include "state.h"

#define UNREAD_MAX (256u << 10) /* bytes that wait for one client */

struct watcher {
	struct bufferevent *client;
	struct json_object *request; /* what FILTER borrows from */
	struct event_filter filter;
	enum event_state state;
	uint64_t missed;
};

struct watchers {
	struct spooler *spooler;
	struct watcher all[WATCHERS_MAX];
	size_t n;
};

static void
put_row(struct watcher *w, const struct control_event *event, const char *what)
{
	struct evbuffer *out = bufferevent_get_output(w->client);
	struct json_object *row;

	if (evbuffer_get_length(out) > UNREAD_MAX) {
		w->missed++;
		return;
	}
	if (w->missed > 0)
		evbuffer_add_printf(out, "{\"missed\":%llu}\n", (unsigned long long)w->missed);
	w->missed = 0;
	row = control_event_row(event);
	control_add_word(row, "happened", what);
	control_put(out, row);
}

static bool
fits(const struct watcher *w, const struct control_event *event)
{
	return event_filter_fits(&w->filter, &event->event) && state_fits(w->state, event->state) &&
	    event_filter_fits_runs(
		&w->filter, event->spooler->spool, &(struct event_runs){event->number, event->all, event->n});
}

static void
on_news(void *context, const struct news_item *items, size_t n, uint64_t missed)
{
	struct watchers *watchers = context;
	struct control_event event;

	for (size_t i = 0; i < n; i++) {
		if (control_event_look(&event, watchers->spooler, items[i].number) != 0)
			continue;
		for (size_t j = 0; j < watchers->n; j++)
			if (fits(&watchers->all[j], &event))
				put_row(&watchers->all[j], &event, items[i].what);
	}
	for (size_t i = 0; i < watchers->n; i++)
		watchers->all[i].missed += missed;
}

struct watchers *
watchers_new(struct spooler *spooler)
{
	struct watchers *watchers = calloc(1, sizeof *watchers);

	if (watchers == NULL)
		return NULL;
	watchers->spooler = spooler;
	if ((spooler->news = news_new(spooler->base, &(struct news_owner){watchers, on_news})) != NULL)
		return watchers;
	free(watchers);
	return NULL;
}

void
watchers_free(struct watchers *watchers)
{
	if (watchers == NULL)
		return;
	while (watchers->n > 0)
		watchers_forget(watchers, watchers->all[0].client);
	news_free(watchers->spooler->news);
	watchers->spooler->news = NULL;
	free(watchers);
}

int
watchers_add(struct watchers *watchers, const struct control_request *r)
{
	struct watcher *w;

	if (watchers == NULL || watchers->n == WATCHERS_MAX) {
		errno = EBUSY;
		return -1;
	}
	w = &watchers->all[watchers->n];
	*w = (struct watcher){.client = r->client, .state = state_of_word(control_string(r->json, "state"))};
	if (control_filter(r, &w->filter) != 0) {
		errno = EINVAL;
		return -1;
	}
	w->request = json_object_get(r->json);
	watchers->n++;
	news_want(watchers->spooler->news, true);
	return 0;
}

void
watchers_forget(struct watchers *watchers, const struct bufferevent *client)
{
	for (size_t i = 0; watchers != NULL && i < watchers->n;) {
		if (watchers->all[i].client != client) {
			i++;
			continue;
		}
		json_object_put(watchers->all[i].request);
		watchers->all[i] = watchers->all[--watchers->n];
		news_want(watchers->spooler->news, watchers->n > 0);
	}
}
