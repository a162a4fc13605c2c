/*
 * Log files made before they are needed.  Berkeley DB goes over to a file of the next number if there is one; where that has been written,
 * with zeros and in its whole length, a commit's flush overwrites blocks that the file system knows already and waits for no journal of it.
 * Zeros are what the library takes for the end of the log, so that one in which nothing was written is no part of it.
 */
#ifndef HOOKSPOOL_STORE_SPARE_H
#define HOOKSPOOL_STORE_SPARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct store_spare {
	const char *dir; /* borrowed */
	uint32_t size;	 /* bytes of a log file */
	atomic_bool unflushed;
};

/*
 * Before the log is opened: remove what an earlier process prepared and did not use, so that recovery finds the log's end in the file
 * that has it, and no half-written rest in one that comes later.  Returns 0, or -1 with errno.
 */
int store_spare_clean(const char *dir);

/*
 * After a checkpoint: remove log files below a number that is missing, counted down from CURRENT, the one that is written.  Nothing needs them,
 * and the library never looks there again.  Returns 0, or -1 with errno.
 */
int store_spare_remove_strays(const char *dir, unsigned current);

/*
 * Make log file NUMBER, unless it is there: of OLD, a log file that is not needed any more and is gone then, or, where that is NULL, of a
 * new one, as long as MIN_FREE bytes stay free.  Returns 0, or -1 with errno: EEXIST, ENOSPC, ….  Takes some hundred milliseconds; another
 * thread may be writing the log, even to this file as soon as it has its name.
 */
struct store_spare_wish {
	uint32_t number;
	const char *old; /* its name in the directory */
	uint64_t min_free;
};
int store_spare_make(struct store_spare *, const struct store_spare_wish *);

/*
 * After each flush of the log and before anybody hears of it: has what holds the log a name that is on disk?  Nearly always it has, and this
 * is a look at a variable.  MADE: certainly not, as the library had to make the file itself.  Returns 0, or -1 with errno: what was flushed may
 * be gone after a power cut.
 */
int store_spare_settle(struct store_spare *, bool made);

#endif
