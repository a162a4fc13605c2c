/* Followers.  Nothing waits for them: what they have not read is bounded, and what is beyond that they miss. */
#include "followers.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdbool.h>
#include <stdlib.h>

#include "../lib/base64.h"
#include "../protocol/run.h"

#define UNREAD_MAX (256u << 10) /* bytes that wait for one follower */

struct follower {
	struct bufferevent *client;
	uint64_t token, missed;
};

struct followers {
	size_t n;
	struct follower all[FOLLOWERS_MAX];
};

struct followers *
followers_new(void)
{
	return calloc(1, sizeof(struct followers));
}

void
followers_free(struct followers *followers)
{
	free(followers);
}

int
followers_add(struct followers *followers, struct bufferevent *client, uint64_t token)
{
	if (followers->n == FOLLOWERS_MAX)
		return -1;
	followers->all[followers->n++] = (struct follower){client, token, 0};
	return 0;
}

void
followers_forget(struct followers *followers, const struct bufferevent *client)
{
	for (size_t i = 0; i < followers->n;)
		if (followers->all[i].client == client)
			followers->all[i] = followers->all[--followers->n];
		else
			i++;
}

/* Bytes may be anything, so that they travel as Base64. */
static void
put_piece(struct evbuffer *out, const char *stream, const char *bytes, size_t len)
{
	char text[BASE64_TEXT_SIZE(BASE64_BYTES_MAX)];

	while (len > 0) {
		size_t n = len < BASE64_BYTES_MAX ? len : BASE64_BYTES_MAX;

		base64_encode(text, (const unsigned char *)bytes, n);
		evbuffer_add_printf(out, "{\"stream\":\"%s\",\"data\":\"%s\"}\n", stream, text);
		bytes += n;
		len -= n;
	}
}

void
followers_output(struct followers *followers, const struct run_output *output)
{
	for (size_t i = 0; i < followers->n; i++) {
		struct follower *f = &followers->all[i];
		struct evbuffer *out = bufferevent_get_output(f->client);

		if (f->token != output->token)
			continue;
		f->missed += output->missed;
		if (evbuffer_get_length(out) > UNREAD_MAX) {
			f->missed += output->len;
			continue;
		}
		if (f->missed > 0)
			evbuffer_add_printf(out, "{\"missed\":%llu}\n", (unsigned long long)f->missed);
		f->missed = 0;
		put_piece(out, output->is_error ? "stderr" : "stdout", output->bytes, output->len);
	}
}

void
followers_end(struct followers *followers, const struct run_report *report)
{
	for (size_t i = 0; i < followers->n;) {
		struct follower *f = &followers->all[i];

		if (f->token != report->token) {
			i++;
			continue;
		}
		f->missed += report->missed;
		evbuffer_add_printf(bufferevent_get_output(f->client),
		    "{\"end\":true,\"result\":\"%s\",\"code\":%d,\"missed\":%llu}\n", run_end_word(report->end),
		    report->code, (unsigned long long)f->missed);
		followers->all[i] = followers->all[--followers->n];
	}
}
