/*
 * How a batch of the page journal, and what the journal begins with, look as bytes.  Pure.  Integers are big-endian; INTERNALS has the layout.
 * What is decoded is anybody's bytes until its checksum held, and then still.
 */
#ifndef HOOKSPOOL_STORE_BATCH_H
#define HOOKSPOOL_STORE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store_journal.h"
#include "store_waiting.h"

#define STORE_BATCH_HEAD ((size_t)5 * STORE_PAGE) /* bytes of the head; its pages follow */
#define STORE_BATCH_SIZE (STORE_BATCH_HEAD + (size_t)STORE_JOURNAL_PAGES * STORE_PAGE)
#define STORE_JOURNAL_SIZE (STORE_PAGE + STORE_JOURNAL_SLOTS * STORE_BATCH_SIZE)
#define STORE_JOURNAL_ID 16

/* A page of a batch as its head tells it. */
struct store_batch_page {
	uint64_t check;
	uint32_t file, number;
};

struct store_batch {
	uint64_t number, oldest;
	uint32_t nfiles, npages;
	struct store_journal_file files[STORE_JOURNAL_FILES];
	struct store_batch_page pages[STORE_JOURNAL_PAGES];
};

/* Where batch NUMBER is in the file. */
uint64_t store_batch_at(uint64_t number);

/* ID tells one journal from another whose bytes may be left on the disk. */
void store_batch_encode(const unsigned char id[STORE_JOURNAL_ID], uint64_t number, uint64_t oldest,
    const struct store_journal_batch *, unsigned char head[STORE_BATCH_HEAD]);

/* Returns whether the head is whole and one of this journal: numbers, names and files are in bounds then. */
bool store_batch_decode(
    const unsigned char id[STORE_JOURNAL_ID], const unsigned char head[STORE_BATCH_HEAD], struct store_batch *);

bool store_batch_page_holds(const struct store_batch_page *, const unsigned char bytes[STORE_PAGE]);

/* The journal's first page.  The second returns 0, or -1 with errno: EPROTO (damaged), ENOTSUP (of a newer program). */
void store_batch_begin(const unsigned char id[STORE_JOURNAL_ID], unsigned char page[STORE_PAGE]);
int store_batch_begun(const unsigned char page[STORE_PAGE], unsigned char id[STORE_JOURNAL_ID]);

#endif
