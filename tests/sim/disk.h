/*
 * A virtual disk, with the interface of spool/store.h: tables in memory that outlive a crash, transactions, jobs that are run when chance says,
 * errors and crashes at any call.
 */
#ifndef HOOKSPOOL_SIM_DISK_H
#define HOOKSPOOL_SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../src/spool/store.h"

struct disk_row {
	uint32_t key_len, value_len;
	unsigned char bytes[]; /* key, value */
};

struct disk_table {
	enum store_kind kind;
	uint32_t generation;
	struct disk_row **rows; /* ascending */
	size_t n, room;
};

/* What is on it.  NULL: no such file. */
struct disk_table *disk_table(enum store_kind, uint32_t generation);
const struct disk_table *disk_table_at(size_t i); /* NULL behind the last one */
/* The place of the first key that is not before KEY. */
size_t disk_place(const struct disk_table *, struct store_bytes key);
const struct disk_row *disk_row(const struct disk_table *, struct store_bytes key); /* or NULL */
struct store_bytes disk_key(const struct disk_row *);
struct store_bytes disk_value(const struct disk_row *);

/* As it comes from the shop; or the machine stops: what was not committed is gone. */
void disk_clear(void);
void disk_crash(void);

/* Changes of what is open, as they come. */
struct disk_told {
	void (*begun)(void);
	void (*undone)(void);
	void (*durable)(void); /* also where the spooler is told that it failed, and the disk is broken */
};
void disk_tell(const struct disk_told *);

/*
 * After so many changes the next COUNT fail with WHY; where BREAKS, the disk is beyond use from there on.  After so many calls the machine stops.
 * 0: none does.
 */
struct disk_trouble {
	unsigned long fail_in, count, crash_in;
	int why;
	bool breaks;
};
void disk_trouble(const struct disk_trouble *);
bool disk_is_broken(void);
/* Whether anything has failed, or may yet; what has, and won't again, is forgiven. */
bool disk_is_troubled(void);
void disk_forgive(void);

/* Whether events came or went from where they were since this was asked for last. */
bool disk_moved(void);

/* Run one of the jobs, if any was given. */
void disk_work(void);

/* The end of all jobs: done, at an orderly end; or lost. */
void disk_jobs_end(void);
void disk_jobs_crash(void);
/* As store_files(), of filters. */
int disk_jobs_files(int (*seen)(void *, enum store_kind, uint32_t, const char *), void *context);

/* Part of the disk's own: a call, which the machine may not survive; a change, which may fail: 0, or -1 with errno. */
void disk_call(void);
int disk_change(void);

#endif
