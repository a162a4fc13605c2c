/* A parked request owns its frame, so that it can be sent again as often as connections are lost. */
#include "parked.h"

#include <stdlib.h>
#include <sys/uio.h>

#include "request.h"

void
parked_init(struct parked *parked)
{
	*parked = (struct parked){.nfree = 0};
	parked->last = &parked->first;
	for (size_t i = 0; i < PARKED_MAX; i++)
		parked->free_seats[parked->nfree++] = (uint16_t)i;
}

size_t
parked_count(const struct parked *parked)
{
	return PARKED_MAX - parked->nfree;
}

static uint16_t
seat_of(uint64_t sequence)
{
	return (uint16_t)(sequence % PARKED_MAX);
}

int
parked_seat(struct parked *parked, struct request *request)
{
	uint16_t seat;

	if (parked->nfree == 0)
		return -1;
	seat = parked->free_seats[--parked->nfree];
	parked->seats[seat] = request;
	request->sequence = ++parked->count * PARKED_MAX + seat;
	return 0;
}

void
parked_enqueue(struct parked *parked, struct request *request)
{
	request->next = NULL;
	*parked->last = request;
	parked->last = &request->next;
}

/* BUFFER without the first *SKIP bytes, which are taken off that, if any of it is left.  Returns how many pieces: 0 or 1. */
static int
add_piece(struct iovec *piece, const struct request_buffer *buffer, size_t *skip)
{
	char *bytes = buffer->bytes;

	if (*skip >= buffer->len) {
		*skip -= buffer->len;
		return 0;
	}
	*piece = (struct iovec){bytes + *skip, buffer->len - *skip};
	*skip = 0;
	return 1;
}

int
parked_gather(const struct parked *parked, struct iovec *pieces, int max)
{
	size_t skip = parked->first_sent;
	int n = 0;

	for (const struct request *r = parked->first; r != NULL && n + 2 <= max; r = r->next) {
		n += add_piece(&pieces[n], &r->head, &skip);
		n += add_piece(&pieces[n], &r->body, &skip);
	}
	return n;
}

void
parked_sent(struct parked *parked, size_t n)
{
	parked->first_sent += n;
	while (parked->first != NULL) {
		size_t size = parked->first->head.len + parked->first->body.len;

		if (parked->first_sent < size)
			return;
		parked->first_sent -= size;
		parked->unacked++;
		if ((parked->first = parked->first->next) == NULL)
			parked->last = &parked->first;
	}
}

struct request *
parked_take(struct parked *parked, uint64_t sequence)
{
	struct request *request = parked->seats[seat_of(sequence)];

	if (request == NULL || request->sequence != sequence)
		return NULL;
	parked->seats[seat_of(sequence)] = NULL;
	return request;
}

void
parked_free(struct parked *parked, uint64_t sequence)
{
	parked->free_seats[parked->nfree++] = seat_of(sequence);
}

/* Returns false when its beginning is on the wire. */
static bool
remove_from_queue(struct parked *parked, const struct request *request)
{
	for (struct request **at = &parked->first; *at != NULL; at = &(*at)->next)
		if (*at == request) {
			if (at == &parked->first && parked->first_sent > 0)
				return false;
			if ((*at = request->next) == NULL)
				parked->last = at;
			return true;
		}
	return true;
}

size_t
parked_expired(struct parked *parked, uint64_t since_ms, struct request **out, bool *cut)
{
	size_t n = 0;

	for (size_t i = 0; i < PARKED_MAX; i++) {
		struct request *request = parked->seats[i];

		if (request == NULL || request->parked_ms > since_ms)
			continue;
		*cut |= !remove_from_queue(parked, request);
		parked->seats[i] = NULL;
		out[n++] = request;
	}
	return n;
}

static int
by_sequence(const void *a, const void *b)
{
	const struct request *const *x = a, *const *y = b;

	return ((*x)->sequence > (*y)->sequence) - ((*x)->sequence < (*y)->sequence);
}

void
parked_again(struct parked *parked)
{
	struct request *all[PARKED_MAX] = {NULL};
	size_t n = 0;

	parked->first = NULL;
	parked->last = &parked->first;
	parked->first_sent = parked->unacked = 0;
	for (size_t i = 0; i < PARKED_MAX; i++)
		if (parked->seats[i] != NULL)
			all[n++] = parked->seats[i];
	qsort(all, n, sizeof all[0], by_sequence);
	for (size_t i = 0; i < n; i++)
		parked_enqueue(parked, all[i]);
}
