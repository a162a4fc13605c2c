/*
 * The checksum is the filter's hash: each step of it can be undone, so a difference in one word is always seen, and others but for one in 2^64.
 */
#include "store_batch.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "../lib/wire.h"
#include "filter.h"

#define VERSION 1
#define CHECK 8 /* bytes of a checksum; the last ones of what it is of */

static const unsigned char begin_magic[8] = {'H', 'S', 'p', 'a', 'g', 'e', 's', '\n'};
static const unsigned char batch_magic[8] = {'H', 'S', 'b', 'a', 't', 'c', 'h', '\n'};

static unsigned char *
put(unsigned char *p, const void *bytes, size_t len)
{
	memcpy(p, bytes, len);
	return p + len;
}

uint64_t
store_batch_at(uint64_t number)
{
	return STORE_PAGE + number % STORE_JOURNAL_SLOTS * STORE_BATCH_SIZE;
}

static void
seal(unsigned char *bytes, size_t size)
{
	wire_put_u64(bytes + size - CHECK, filter_hash(bytes, size - CHECK));
}

static bool
is_sealed(const unsigned char *bytes, size_t size)
{
	struct wire_reader r;

	wire_reader_init(&r, bytes + size - CHECK, CHECK);
	return wire_get_u64(&r) == filter_hash(bytes, size - CHECK);
}

void
store_batch_encode(const unsigned char id[STORE_JOURNAL_ID], uint64_t number, uint64_t oldest,
    const struct store_journal_batch *batch, unsigned char head[STORE_BATCH_HEAD])
{
	unsigned char *p = head;

	memset(head, 0, STORE_BATCH_HEAD);
	p = put(put(p, batch_magic, sizeof batch_magic), id, STORE_JOURNAL_ID);
	p = wire_put_u64(wire_put_u64(p, number), oldest);
	p = wire_put_u32(wire_put_u32(p, batch->nfiles), batch->npages);
	for (uint32_t i = 0; i < batch->nfiles; i++) {
		p = put(put(p, batch->files[i].name, STORE_JOURNAL_NAME), batch->files[i].id, STORE_FILE_ID);
		p = wire_put_u32(p, batch->files[i].end);
	}
	for (uint32_t i = 0; i < batch->npages; i++) {
		p = wire_put_u32(wire_put_u32(p, batch->pages[i].file), batch->pages[i].number);
		p = wire_put_u64(p, filter_hash(batch->pages[i].bytes, STORE_PAGE));
	}
	seal(head, STORE_BATCH_HEAD);
}

static void
get_file(struct wire_reader *r, struct store_journal_file *file)
{
	const void *name = wire_get_bytes(r, STORE_JOURNAL_NAME), *id = wire_get_bytes(r, STORE_FILE_ID);
	uint32_t end = wire_get_u32(r);

	if (r->bad)
		return;
	memcpy(file->name, name, STORE_JOURNAL_NAME);
	memcpy(file->id, id, STORE_FILE_ID);
	file->end = end;
	r->bad = memchr(file->name, '\0', STORE_JOURNAL_NAME) == NULL || !store_journal_may_name(file->name);
}

static void
get_page(struct wire_reader *r, const struct store_batch *batch, struct store_batch_page *page)
{
	page->file = wire_get_u32(r);
	page->number = wire_get_u32(r);
	page->check = wire_get_u64(r);
	r->bad = r->bad || page->file >= batch->nfiles;
}

bool
store_batch_decode(
    const unsigned char id[STORE_JOURNAL_ID], const unsigned char head[STORE_BATCH_HEAD], struct store_batch *batch)
{
	struct wire_reader r;
	const void *magic, *its;

	wire_reader_init(&r, head, STORE_BATCH_HEAD - CHECK);
	magic = wire_get_bytes(&r, sizeof batch_magic);
	its = wire_get_bytes(&r, STORE_JOURNAL_ID);
	batch->number = wire_get_u64(&r);
	batch->oldest = wire_get_u64(&r);
	batch->nfiles = wire_get_u32(&r);
	batch->npages = wire_get_u32(&r);
	if (memcmp(magic, batch_magic, sizeof batch_magic) != 0 || memcmp(its, id, STORE_JOURNAL_ID) != 0 ||
	    !is_sealed(head, STORE_BATCH_HEAD) || batch->nfiles > STORE_JOURNAL_FILES ||
	    batch->npages > STORE_JOURNAL_PAGES || batch->oldest > batch->number ||
	    batch->number - batch->oldest >= STORE_JOURNAL_SLOTS - 1)
		return false;
	for (uint32_t i = 0; i < batch->nfiles; i++)
		get_file(&r, &batch->files[i]);
	for (uint32_t i = 0; i < batch->npages; i++)
		get_page(&r, batch, &batch->pages[i]);
	return !r.bad;
}

bool
store_batch_page_holds(const struct store_batch_page *page, const unsigned char bytes[STORE_PAGE])
{
	return page->check == filter_hash(bytes, STORE_PAGE);
}

void
store_batch_begin(const unsigned char id[STORE_JOURNAL_ID], unsigned char page[STORE_PAGE])
{
	memset(page, 0, STORE_PAGE);
	put(wire_put_u32(put(page, begin_magic, sizeof begin_magic), VERSION), id, STORE_JOURNAL_ID);
	seal(page, STORE_PAGE);
}

int
store_batch_begun(const unsigned char page[STORE_PAGE], unsigned char id[STORE_JOURNAL_ID])
{
	struct wire_reader r;

	if (memcmp(page, begin_magic, sizeof begin_magic) != 0 || !is_sealed(page, STORE_PAGE)) {
		errno = EPROTO;
		return -1;
	}
	wire_reader_init(&r, page + sizeof begin_magic, sizeof(uint32_t));
	memcpy(id, page + sizeof begin_magic + sizeof(uint32_t), STORE_JOURNAL_ID);
	if (wire_get_u32(&r) == VERSION)
		return 0;
	errno = ENOTSUP;
	return -1;
}

/* "lane.db", "event.00000012", "__db.00000005.80000001". */
bool
store_journal_may_name(const char *name)
{
	const char *end = strrchr(name, '.');

	for (const char *p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && *p != '.' && *p != '_')
			return false;
	if (end == NULL || end[1] == '\0' || strncmp(name, "log.", 4) == 0 || strlen(name) >= STORE_JOURNAL_NAME)
		return false;
	return strncmp(name, "__db.", 5) == 0 || strcmp(end, ".db") == 0 ||
	    strspn(end + 1, "0123456789") == strlen(end + 1);
}
