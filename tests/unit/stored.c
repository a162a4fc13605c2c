/* One process for each case: what is static here is new each time. */
#include "stored.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/lib/log.h"

char stored_dir[32];
struct store *stored;

void
stored_set_up(void)
{
	log_open("test", "/dev/null");
	strcpy(stored_dir, "/tmp/test_stored.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(stored_dir));
	ck_assert_ptr_nonnull(stored = store_open(stored_dir, 1u << 20, PAGE_JOURNAL_AUTO));
}

void
stored_make_late(void)
{
	for (int kind = STORE_EVENT; kind <= STORE_SEEN; kind++) {
		struct store_table *table = store_table_make(stored, (enum store_kind)kind, 0);

		ck_assert_ptr_nonnull(table);
		store_table_close(table);
	}
}

void
stored_tear_down(void)
{
	char command[64];

	store_close(stored);
	snprintf(command, sizeof command, "rm -r %s", stored_dir);
	ck_assert_int_eq(system(command), 0);
}

bool
stored_has(const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", stored_dir, name);
	return access(path, F_OK) == 0;
}
