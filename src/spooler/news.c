#include "news.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#define ITEMS_MAX 1024

struct news {
	struct news_owner owner;
	struct event *look;
	bool wanted;
	size_t n;
	uint64_t missed;
	struct news_item items[ITEMS_MAX];
};

static void
on_look(evutil_socket_t fd, short what, void *argument)
{
	struct news *news = argument;
	size_t n = news->n;
	uint64_t missed = news->missed;

	(void)fd;
	(void)what;
	news->n = 0;
	news->missed = 0;
	news->owner.look(news->owner.context, news->items, n, missed);
}

struct news *
news_new(struct event_base *base, const struct news_owner *owner)
{
	struct news *news = calloc(1, sizeof *news);

	if (news == NULL)
		return NULL;
	news->owner = *owner;
	if ((news->look = event_new(base, -1, 0, on_look, news)) != NULL)
		return news;
	free(news);
	errno = ENOMEM;
	return NULL;
}

void
news_free(struct news *news)
{
	if (news == NULL)
		return;
	event_free(news->look);
	free(news);
}

void
news_want(struct news *news, bool wanted)
{
	news->wanted = wanted;
}

void
news_tell(struct news *news, uint64_t number, const char *what)
{
	if (news == NULL || !news->wanted)
		return;
	if (news->n == ITEMS_MAX)
		news->missed++;
	else
		news->items[news->n++] = (struct news_item){number, what};
	event_active(news->look, EV_TIMEOUT, 0);
}
