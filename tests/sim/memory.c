/* A list through all pieces. */
#include "memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../model/reference.h"

/* As large as what malloc() aligns to. */
struct piece {
	struct piece *next, **at;
	size_t size, unused;
};

static struct piece *all;
static size_t in_use;

void *__real_malloc(size_t);
void *__real_realloc(void *, size_t);
void __real_free(void *);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
void *__wrap_aligned_alloc(size_t, size_t);
char *__wrap_strdup(const char *);
void __wrap_free(void *);

void *
enlarge(void *old, size_t size)
{
	void *own = __real_realloc(old, size);

	if (own == NULL)
		fail("out of memory");
	return own;
}

void
memory_own_free(void *own)
{
	__real_free(own);
}

size_t
memory_in_use(void)
{
	return in_use;
}

static void
enlist(struct piece *piece)
{
	piece->next = all;
	piece->at = &all;
	if (all != NULL)
		all->at = &piece->next;
	all = piece;
	in_use++;
}

static void
delist(struct piece *piece)
{
	*piece->at = piece->next;
	if (piece->next != NULL)
		piece->next->at = piece->at;
	in_use--;
}

void
memory_crash(void)
{
	while (all != NULL)
		__wrap_free(all + 1);
}

void *
__wrap_malloc(size_t size)
{
	struct piece *piece = enlarge(NULL, sizeof *piece + size);

	piece->size = size;
	enlist(piece);
	return piece + 1;
}

void *
__wrap_calloc(size_t n, size_t size)
{
	void *new = __wrap_malloc(n * size);

	return memset(new, 0, n * size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	void *new = __wrap_malloc(size);

	if (old != NULL) {
		size_t had = ((struct piece *)old - 1)->size;

		memcpy(new, old, had < size ? had : size);
		__wrap_free(old);
	}
	return new;
}

/* Nobody here is told of more than malloc()'s. */
void *
__wrap_aligned_alloc(size_t alignment, size_t size)
{
	(void)alignment;
	return __wrap_malloc(size);
}

char *
__wrap_strdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(__wrap_malloc(size), text, size);
}

void
__wrap_free(void *old)
{
	struct piece *piece;

	if (old == NULL)
		return;
	piece = (struct piece *)old - 1;
	delist(piece);
	__real_free(piece);
}
