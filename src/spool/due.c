/* The table is in the order of hook, time, number: a hook's range is read from its front. */
#include "due.h"

#include <errno.h>
#include <string.h>

#include "../lib/wire.h"
#include "spool_key.h"

static struct spool_key
due_key(const char *hook, uint64_t due_ms, uint64_t number)
{
	struct spool_key key;

	key.len = 0;
	spool_key_text(&key, hook, strlen(hook));
	spool_key_u64(&key, due_ms);
	spool_key_u64(&key, number);
	return key;
}

static void
note(struct due *due, const char *hook, uint64_t due_ms)
{
	size_t i = 0;

	while (i < due->n && strcmp(due->news[i].hook, hook) != 0)
		i++;
	if (i == DUE_NEWS_MAX || strlen(hook) > SPOOL_HOOK_MAX) {
		due->more = true;
		return;
	}
	if (i == due->n) {
		strcpy(due->news[i].hook, hook);
		due->news[i].due_ms = due_ms;
		due->n++;
	}
	if (due_ms < due->news[i].due_ms)
		due->news[i].due_ms = due_ms;
}

int
due_put(struct due *due, const char *hook, uint64_t due_ms, uint64_t number)
{
	struct spool_key key = due_key(hook, due_ms, number);

	if (store_put(due->table, spool_key_bytes(&key), (struct store_bytes){"", 0}) != 0)
		return -1;
	note(due, hook, due_ms);
	return 0;
}

int
due_delete(struct due *due, const char *hook, uint64_t due_ms, uint64_t number)
{
	struct spool_key key = due_key(hook, due_ms, number);

	return store_delete(due->table, spool_key_bytes(&key)) == 0 || errno == ENOENT ? 0 : -1;
}

int
due_next(struct due *due, const char *hook, uint64_t *after_ms, uint64_t *after_number)
{
	struct spool_key from = due_key(hook, *after_ms, *after_number);
	size_t prefix = from.len - 16;
	struct store_bytes key;
	struct wire_reader r;

	from.bytes[from.len++] = 0; /* the smallest key after this one */
	if (store_seek_key(due->table, spool_key_bytes(&from), &key) != 0)
		return -1;
	if (key.len < prefix || memcmp(key.bytes, from.bytes, prefix) != 0) {
		errno = ENOENT;
		return -1;
	}
	wire_reader_init(&r, (const unsigned char *)key.bytes + prefix, key.len - prefix);
	*after_ms = wire_get_u64(&r);
	*after_number = wire_get_u64(&r);
	if (!r.bad && r.at == r.end)
		return 0;
	errno = EPROTO;
	return -1;
}

int
due_next_hook(struct due *due, char *hook)
{
	struct spool_key from;
	struct store_bytes key;
	size_t len;

	from.len = 0;
	spool_key_text(&from, hook, strlen(hook));
	from.bytes[from.len - 1] = 1; /* behind all keys of this hook: they have a NUL there */
	if (store_seek_key(due->table, spool_key_bytes(&from), &key) != 0)
		return -1;
	len = strnlen(key.bytes, key.len);
	if (len > SPOOL_HOOK_MAX) {
		errno = EPROTO;
		return -1;
	}
	memcpy(hook, key.bytes, len);
	hook[len] = '\0';
	return 0;
}

void
due_tell(struct due *due)
{
	for (size_t i = 0; due->woken != NULL && i < due->n; i++)
		due->woken(due->context, due->news[i].hook, due->news[i].due_ms);
	if (due->woken != NULL && due->more)
		due->woken(due->context, NULL, 0);
	due_forget(due);
}

void
due_forget(struct due *due)
{
	due->n = 0;
	due->more = false;
}
