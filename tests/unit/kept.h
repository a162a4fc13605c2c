/* A spool in a directory of its own, with webhooks of which a test says when they come, and time that it lets pass. */
#ifndef HOOKSPOOL_TEST_KEPT_H
#define HOOKSPOOL_TEST_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "../../src/spool/spool.h"

#define KEEP_MS 80000 /* generations of 10 s */
#define DEDUP_MS 160000

extern struct spool *kept;
extern char kept_dir[];
extern uint64_t kept_now; /* ms */
extern struct conf kept_conf;

void kept_set_up(void);
void kept_tear_down(void);
void kept_open(void);
void kept_again(void); /* close, open */

/* A webhook of source "src" with this id comes now, for hook "src/h" or for none.  Returns what became of it, and the number. */
enum spool_accept kept_put(const char *id, bool hook, uint64_t *number);
/* One that must be stored: its number. */
uint64_t kept_new(const char *id, bool hook);
/* Its run ends now, in this state. */
void kept_ends(uint64_t number, enum delivery_state);

/* So much time passes; retention looks as often as it needs to. */
void kept_pass(uint64_t ms);
void kept_retain(uint64_t keep_ms, uint64_t dedup_ms);

bool kept_is_there(uint64_t number);
/* How many files of generations there are whose names begin so and end so. */
int kept_files(const char *begin, const char *end);

#endif
