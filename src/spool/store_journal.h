/*
 * The page journal: pages go there, in one piece and flushed, before they overwrite a table's, so that a power cut in the midst of that leaves
 * no page half written for good (what recovery from the log can't mend: half a page may have the new one's LSN).  The next start puts them
 * back.  Gray and Reuter, "Transaction Processing", 10.3; InnoDB calls it doublewrite.
 *
 * The file "page-journal" has STORE_JOURNAL_SLOTS slots behind its first page, and room for all of them from the start.  A batch is
 * in one of them: batch n in slot n % STORE_JOURNAL_SLOTS.  It counts when its checksums hold, and names the oldest batch that was not known
 * to be in place, for good, when it was written.  No slot of one that counts for the newest is written to: all but one may be "live".
 * INTERNALS has the bytes.
 */
#ifndef HOOKSPOOL_STORE_JOURNAL_H
#define HOOKSPOOL_STORE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#define STORE_JOURNAL "page-journal"
#define STORE_JOURNAL_PAGES 1000 /* of a batch */
#define STORE_JOURNAL_FILES 64	 /* of a batch */
#define STORE_JOURNAL_SLOTS 4
#define STORE_JOURNAL_NAME 32 /* bytes of a file's name, NUL among them */
#define STORE_FILE_ID 20      /* bytes of what Berkeley DB tells its files apart by; at STORE_FILE_ID_AT of each */
#define STORE_FILE_ID_AT 52

struct store_journal;

struct store_journal_file {
	char name[STORE_JOURNAL_NAME];
	unsigned char id[STORE_FILE_ID];
	uint32_t
	    end; /* it was cut there: what earlier batches have of its page END and later ones is nothing any more */
};
#define STORE_JOURNAL_NO_END UINT32_MAX

struct store_journal_page {
	uint32_t file;	 /* its index among the batch's files */
	uint32_t number; /* in its file */
	const unsigned char *bytes;
};

struct store_journal_batch {
	const struct store_journal_file *files;
	const struct store_journal_page *pages;
	uint32_t nfiles, npages;
};

/*
 * Before the tables in PATH are opened: put the pages of live batches in their places again, where a file is still the one that they are
 * of, and flush them.  Returns how many were not as they must be, or -1 with errno; the reason is logged: EPROTO where the journal is damaged, so
 * that nobody knows whether the tables are whole.
 */
int64_t store_journal_restore(const char *path);

/* After that: remove it, as pages will be written without it. */
int store_journal_remove(const char *path);

/* After that: open it, made if need be.  Returns owned, or NULL with errno; the reason is logged. */
struct store_journal *store_journal_open(const char *path);

/* One thread at a time has these. */

/* Write a batch and flush it.  Returns 0, or -1 with errno: it counts for nothing.  It must not be "full". */
int store_journal_write(struct store_journal *, const struct store_journal_batch *);
/* A flush has failed: nobody knows what it holds. */
bool store_journal_is_lost(const struct store_journal *);
/* All that was written so far must be void before the next batch. */
bool store_journal_full(const struct store_journal *);
/* All that was written so far is in its place, for good. */
void store_journal_void(struct store_journal *);

/* VOID: all is, and the file says so.  Returns 0, or -1 with errno. */
int store_journal_close(struct store_journal *, bool is_void);

/* Whether it is a name that a table may have, or one that is being made or removed.  Not a log file's, nor any of ours. */
bool store_journal_may_name(const char *name);

#endif
