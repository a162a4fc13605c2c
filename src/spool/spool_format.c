/*
 * What tells a spool from an empty directory, from one of another format, and from one that has lost its table "meta".  What must be there is
 * never made again: an empty table in its place would lose what was accepted without a word.
 */
#include <errno.h>

#include "../lib/log.h"
#include "../lib/wire.h"
#include "spool_private.h"

#define FORMAT_VERSION 2

static const struct store_bytes format_key = {"format", sizeof "format"};

/* Returns 0, or -1 with errno. */
static int
make_table(struct spool *spool, enum store_kind kind)
{
	struct store_table *table = store_table_make(spool->store, kind, STORE_ONE);

	store_table_close(table);
	return table != NULL ? 0 : -1;
}

static int
is_of_a_generation(void *context, enum store_kind kind, uint32_t generation, const char *suffix)
{
	(void)context;
	(void)kind;
	(void)suffix;
	return generation != FILES_LATE;
}

/* What is there once, and of each kind "late".  The format comes last: where it is, all of these are, and no start makes them again. */
static int
begin_new(struct spool *spool)
{
	const unsigned char current[2] = {FORMAT_VERSION >> 8, FORMAT_VERSION & 255};
	int found = store_files(spool->store, is_of_a_generation, NULL);

	if (found > 0) {
		log_error(
		    "spool: it has events, but the table meta.db is empty: restore the spool from a backup, or move it away "
		    "and begin a new one");
		errno = EPROTO;
	}
	if (found != 0)
		return -1;
	for (int kind = 0; kind < STORE_META; kind++)
		if (make_table(spool, (enum store_kind)kind) != 0)
			return -1;
	if (store_flush_directory(spool->store) != 0 || store_begin(spool->store) != 0)
		return -1;
	if (store_put(spool->meta, format_key, (struct store_bytes){current, sizeof current}) != 0) {
		store_abort(spool->store);
		return -1;
	}
	return store_commit(spool->store);
}

static int
check_format(struct spool *spool)
{
	struct store_bytes value;
	struct wire_reader r;
	unsigned format;

	if (store_get(spool->meta, format_key, &value) != 0)
		return errno == ENOENT ? begin_new(spool) : -1;
	wire_reader_init(&r, value.bytes, value.len);
	format = wire_get_u16(&r);
	if (!r.bad && r.at == r.end && format == FORMAT_VERSION)
		return 0;
	if (!r.bad && format < FORMAT_VERSION)
		log_error(
		    "spool: an older hookspool wrote it, in format %u, which this program does not read: let that one "
		    "run until nothing is queued, then give this one a new directory",
		    format);
	else
		log_error("spool: its format is not one this program knows; a newer hookspool wrote it");
	errno = ENOTSUP;
	return -1;
}

static int
is_any(void *context, enum store_kind kind, uint32_t generation, const char *suffix)
{
	(void)context;
	(void)kind;
	(void)generation;
	(void)suffix;
	return 1;
}

/* It is the first one that is made: where there are others, it has been lost. */
static int
open_meta(struct spool *spool)
{
	int found;

	if (store_table_exists(spool->store, STORE_META, STORE_ONE))
		return (spool->meta = store_table_open(spool->store, STORE_META, STORE_ONE)) != NULL ? 0 : -1;
	found = store_files(spool->store, is_any, NULL);
	for (int kind = STORE_LANE; found == 0 && kind < STORE_META; kind++)
		found = store_table_exists(spool->store, (enum store_kind)kind, STORE_ONE);
	if (found > 0) {
		store_table_missing(spool->store, STORE_META, STORE_ONE);
		errno = ENOENT;
	}
	if (found != 0)
		return -1;
	return (spool->meta = store_table_make(spool->store, STORE_META, STORE_ONE)) != NULL ? 0 : -1;
}

int
spool_open_meta(struct spool *spool)
{
	return open_meta(spool) == 0 && check_format(spool) == 0 ? 0 : -1;
}
