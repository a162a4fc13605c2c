/* Pages lie in one piece of memory; lists go by their index, 0 being the end of each.  Taken pages are a list of their own. */
#include "store_waiting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum state { FREE, WAITS, TAKEN };

struct page {
	const void *owner; /* NULL of one that was taken: dropped meanwhile */
	uint64_t rank;
	uint32_t number;
	uint32_t same;		 /* the next in its chain */
	uint32_t next, previous; /* in its list */
	enum state state;
};

struct list {
	uint32_t first, last, count;
};

struct store_waiting {
	struct page *pages;
	unsigned char *bytes;
	uint32_t *chains;
	uint32_t n, mask; /* pages, index 0 among them; chains less one */
	struct list free, waits, taken;
	uint64_t next_rank;
};

static void
list_add(struct store_waiting *w, struct list *list, uint32_t i, bool first)
{
	struct page *page = &w->pages[i];

	page->next = first ? list->first : 0;
	page->previous = first ? 0 : list->last;
	*(page->previous != 0 ? &w->pages[page->previous].next : &list->first) = i;
	*(page->next != 0 ? &w->pages[page->next].previous : &list->last) = i;
	list->count++;
}

static void
list_remove(struct store_waiting *w, struct list *list, uint32_t i)
{
	const struct page *page = &w->pages[i];

	*(page->previous != 0 ? &w->pages[page->previous].next : &list->first) = page->next;
	*(page->next != 0 ? &w->pages[page->next].previous : &list->last) = page->previous;
	list->count--;
}

struct store_waiting *
store_waiting_new(uint32_t n)
{
	struct store_waiting *w = calloc(1, sizeof *w);
	uint32_t chains = 1;

	if (w == NULL)
		return NULL;
	while (chains < n)
		chains *= 2;
	w->n = n + 1;
	w->mask = chains - 1;
	w->bytes = mmap(NULL, (size_t)w->n * STORE_PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (w->bytes == MAP_FAILED || (w->pages = calloc(w->n, sizeof w->pages[0])) == NULL ||
	    (w->chains = calloc(chains, sizeof w->chains[0])) == NULL) {
		store_waiting_free(w);
		errno = ENOMEM;
		return NULL;
	}
	for (uint32_t i = 1; i < w->n; i++)
		list_add(w, &w->free, i, false);
	return w;
}

void
store_waiting_free(struct store_waiting *w)
{
	if (w == NULL)
		return;
	if (w->bytes != MAP_FAILED)
		munmap(w->bytes, (size_t)w->n * STORE_PAGE);
	free(w->pages);
	free(w->chains);
	free(w);
}

static unsigned char *
bytes_of(const struct store_waiting *w, uint32_t i)
{
	return w->bytes + (size_t)i * STORE_PAGE;
}

static uint32_t *
chain_of(const struct store_waiting *w, const void *owner, uint32_t number)
{
	uint64_t h = ((uint64_t)(uintptr_t)owner >> 4) + number;

	return &w->chains[(h * 0x9e3779b97f4a7c15u >> 32) & w->mask];
}

static uint32_t
find(const struct store_waiting *w, const void *owner, uint32_t number, enum state state)
{
	uint32_t i = *chain_of(w, owner, number);

	while (i != 0 && (w->pages[i].owner != owner || w->pages[i].number != number || w->pages[i].state != state))
		i = w->pages[i].same;
	return i;
}

static void
chain(struct store_waiting *w, uint32_t i)
{
	uint32_t *head = chain_of(w, w->pages[i].owner, w->pages[i].number);

	w->pages[i].same = *head;
	*head = i;
}

static void
unchain(struct store_waiting *w, uint32_t i)
{
	uint32_t *at = chain_of(w, w->pages[i].owner, w->pages[i].number);

	while (*at != i)
		at = &w->pages[*at].same;
	*at = w->pages[i].same;
	w->pages[i].owner = NULL;
}

static void
release(struct store_waiting *w, struct list *list, uint32_t i)
{
	if (w->pages[i].owner != NULL)
		unchain(w, i);
	list_remove(w, list, i);
	w->pages[i].state = FREE;
	list_add(w, &w->free, i, true);
}

int
store_waiting_put(struct store_waiting *w, const void *owner, uint32_t number, const void *bytes)
{
	uint32_t i = find(w, owner, number, WAITS);

	if (i == 0 && (i = w->free.first) == 0)
		return -1;
	memcpy(bytes_of(w, i), bytes, STORE_PAGE);
	if (w->pages[i].state == WAITS)
		return 0;
	list_remove(w, &w->free, i);
	w->pages[i].owner = owner;
	w->pages[i].number = number;
	w->pages[i].rank = w->next_rank++;
	w->pages[i].state = WAITS;
	chain(w, i);
	list_add(w, &w->waits, i, false);
	return 0;
}

const unsigned char *
store_waiting_find(const struct store_waiting *w, const void *owner, uint32_t number)
{
	uint32_t i = find(w, owner, number, WAITS);

	if (i == 0)
		i = find(w, owner, number, TAKEN);
	return i != 0 ? bytes_of(w, i) : NULL;
}

uint32_t
store_waiting_count(const struct store_waiting *w)
{
	return w->waits.count;
}

uint64_t
store_waiting_next(const struct store_waiting *w)
{
	return w->next_rank;
}

uint64_t
store_waiting_first(const struct store_waiting *w)
{
	return w->waits.first != 0 ? w->pages[w->waits.first].rank : w->next_rank;
}

uint32_t
store_waiting_take(struct store_waiting *w, struct store_taken *taken, uint32_t max,
    bool (*wanted)(void *, const void *), void *context)
{
	uint32_t n = 0, i;

	while (n < max && (i = w->waits.first) != 0 && wanted(context, w->pages[i].owner)) {
		list_remove(w, &w->waits, i);
		list_add(w, &w->taken, i, false);
		w->pages[i].state = TAKEN;
		taken[n++] = (struct store_taken){w->pages[i].owner, w->pages[i].number, bytes_of(w, i)};
	}
	return n;
}

/* Last one first, so that they are again in the order that they had. */
void
store_waiting_settle(struct store_waiting *w, bool written)
{
	uint32_t i;

	while ((i = w->taken.last) != 0) {
		const struct page *page = &w->pages[i];

		if (written || page->owner == NULL || find(w, page->owner, page->number, WAITS) != 0) {
			release(w, &w->taken, i);
			continue;
		}
		list_remove(w, &w->taken, i);
		w->pages[i].state = WAITS;
		list_add(w, &w->waits, i, true);
	}
}

/* Returns the first page of the list, from I on, that is the owner's; 0: none is. */
static uint32_t
next_of(const struct store_waiting *w, uint32_t i, const void *owner, uint32_t from)
{
	while (i != 0 && (w->pages[i].owner != owner || w->pages[i].number < from))
		i = w->pages[i].next;
	return i;
}

void
store_waiting_drop(struct store_waiting *w, const void *owner, uint32_t from)
{
	uint32_t i, next;

	for (i = next_of(w, w->waits.first, owner, from); i != 0; i = next_of(w, next, owner, from)) {
		next = w->pages[i].next;
		release(w, &w->waits, i);
	}
	/* Their bytes are being written: they keep their place. */
	for (i = next_of(w, w->taken.first, owner, from); i != 0; i = next_of(w, w->pages[i].next, owner, from))
		unchain(w, i);
}

bool
store_waiting_has(const struct store_waiting *w, const void *owner)
{
	return next_of(w, w->waits.first, owner, 0) != 0 || next_of(w, w->taken.first, owner, 0) != 0;
}
