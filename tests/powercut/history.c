/* What went to clients is put together again by descriptor: a message may have been sent in pieces. */
#include "history.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/lib/wire.h"
#include "../../src/protocol/submit.h"
#include "disk.h"
#include "walk.h"

struct stream {
	unsigned char *bytes;
	size_t len, room;
};

struct listening {
	struct history *history;
	struct stream streams[DISK_FDS];
	size_t step; /* as it is noted */
	uint64_t wall_ms;
};

static void *
grow(void *all, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return all;
	*room = *room * 2 + 256;
	if ((all = realloc(all, *room * size)) == NULL)
		abort();
	return all;
}

static void
hear_ack(const struct listening *listening, const unsigned char *frame)
{
	struct history *h = listening->history;

	h->acks = grow(h->acks, h->nacks, &h->acks_room, sizeof h->acks[0]);
	h->acks[h->nacks++] = (struct history_ack){listening->step, (uint32_t)walk_u64(frame + SUBMIT_HEADER),
	    frame[SUBMIT_HEADER + 8], walk_u64(frame + SUBMIT_HEADER + 9), listening->wall_ms};
}

/* A line of an answer: of an event's row, its number and its state. */
static void
hear_line(const struct listening *listening, char *line)
{
	struct history *h = listening->history;
	const char *number = strstr(line, "\"number\":"), *state = strstr(line, "\"state\":\"");
	struct history_told told = {.step = listening->step};

	if (number == NULL || state == NULL || sscanf(state, "\"state\":\"%11[a-z]", told.state) != 1)
		return;
	told.number = strtoull(number + strlen("\"number\":"), NULL, 10);
	h->told = grow(h->told, h->ntold, &h->told_room, sizeof h->told[0]);
	h->told[h->ntold++] = told;
}

/* The first whole message in a stream.  Returns its length, or 0: there is none. */
static size_t
hear_one(const struct listening *listening, struct stream *s)
{
	unsigned char *end;

	if (s->len == 0)
		return 0;
	if (s->bytes[0] == '{') {
		if ((end = memchr(s->bytes, '\n', s->len)) == NULL)
			return 0;
		*end = '\0';
		hear_line(listening, (char *)s->bytes);
		return (size_t)(end - s->bytes) + 1;
	}
	if (s->len < 4 || s->len < 4 + (size_t)wire_u32_at(s->bytes))
		return 0;
	if (s->bytes[4] == SUBMIT_ACK)
		hear_ack(listening, s->bytes);
	return 4 + (size_t)wire_u32_at(s->bytes);
}

static void
hear(struct listening *listening, const struct record *r)
{
	struct stream *s = &listening->streams[r->fd];
	size_t n;

	if (s->len + r->data > s->room && (s->bytes = realloc(s->bytes, s->room = s->len + r->data + 4096)) == NULL)
		abort();
	memcpy(s->bytes + s->len, recording_data(r), r->data);
	s->len += r->data;
	while ((n = hear_one(listening, s)) > 0) {
		s->len -= n;
		memmove(s->bytes, s->bytes + n, s->len);
	}
}

/* Until UNTIL_NS, as what runs afterwards belongs to another future. */
static void
read_runs(struct history *h, const char *path, uint64_t until_ns)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct ran ran;

	while (fd != -1 && read(fd, &ran, sizeof ran) == sizeof ran) {
		if (ran.real_ns > until_ns)
			continue;
		h->runs = grow(h->runs, h->nruns, &h->runs_room, sizeof h->runs[0]);
		h->runs[h->nruns++] = ran;
	}
	if (fd != -1)
		close(fd);
}

void
history_add(struct history *h, const struct history_piece *piece, int is_last)
{
	struct listening *listening = calloc(1, sizeof *listening);
	uint64_t until_ns = UINT64_MAX;

	if (listening == NULL)
		abort();
	listening->history = h;
	for (size_t step = 0; step < piece->end && step < piece->recording->n; step++) {
		const struct record *r = piece->recording->steps[step];

		listening->step = is_last ? step : 0;
		listening->wall_ms = r->wall_ms;
		until_ns = is_last ? UINT64_MAX : r->real_ns;
		if (r->kind == RECORD_ACCEPT)
			listening->streams[r->fd].len = 0;
		else if (r->kind == RECORD_SEND)
			hear(listening, r);
	}
	read_runs(h, piece->ran, until_ns);
	for (int i = 0; i < DISK_FDS; i++)
		free(listening->streams[i].bytes);
	free(listening);
}

void
history_free(struct history *h)
{
	free(h->acks);
	free(h->told);
	free(h->runs);
}
