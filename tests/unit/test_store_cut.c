/*
 * The store, cut off at some write, on a disk that writes 512 bytes at a time: what was committed is there, thanks to the page journal; and is
 * not without it, which shows that these cuts are such as lose something.
 */
#include <check.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "../../src/lib/wire.h"
#include "../../src/spool/store.h"
#include "cut.h"

#define CUTS 3	/* STORE_CUTS=1000 for more */
#define TRIES 8 /* until one of them loses something */
#define KEYS 1500u
#define PUTS 5000u
#define TOGETHER 10u /* in a transaction */
#define VALUE 700
#define PATIENCE 60 /* seconds: a library that finds damage may end in a loop; with the journal there is none */
#define PATIENCE_OFF 15

static char dir[48], image[64], told[64];
static uint32_t committed;

static void
set_up(void)
{
	log_open("test", "/dev/null");
	strcpy(dir, "/tmp/test_store_cut.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(told, sizeof told, "%s/told", dir);
}

static void
tear_down(void)
{
	char command[64];

	snprintf(command, sizeof command, "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* Keys come again and again, in no order. */
static uint32_t
key_of(uint32_t n)
{
	return n * 2654435761u % KEYS;
}

static int
put(struct store_table *table, uint32_t n)
{
	unsigned char key[4], value[VALUE];

	wire_put_u32(key, key_of(n));
	memset(value, (int)(n % 251), sizeof value);
	wire_put_u32(value, n);
	return store_put(table, (struct store_bytes){key, sizeof key}, (struct store_bytes){value, sizeof value});
}

/* The power is gone. */
static void
done(void)
{
	FILE *file = fopen(told, "we");

	if (file == NULL || fprintf(file, "%u\n", committed) < 0 || fclose(file) != 0)
		abort();
	_exit(0);
}

static void
load(const char *in, enum page_journal journal)
{
	struct store *store = store_open(in, 1u << 20, journal);
	struct store_table *table = store != NULL ? store_table_make(store, STORE_BODY, 1) : NULL;

	if (table == NULL || store_flush_directory(store) != 0)
		abort();
	while (committed < PUTS) {
		if (store_begin(store) != 0)
			abort();
		for (uint32_t i = 0; i < TOGETHER; i++)
			if (put(table, committed + i) != 0)
				abort();
		if (store_commit(store) != 0)
			abort();
		committed += TOGETHER;
	}
	store_table_close(table);
	store_close(store);
}

/* In a process of its own.  AT 0: no cut.  Returns how many writes there were, at least. */
static unsigned
run(const char *in, enum page_journal journal, unsigned at, unsigned seed)
{
	int status, count[2];
	unsigned writes = 0;

	ck_assert_int_eq(pipe(count), 0);
	if (fork() == 0) {
		cut_arm(in, image, at, seed, done);
		load(in, journal);
		writes = cut_count();
		if (write(count[1], &writes, sizeof writes) != sizeof writes)
			abort();
		if (at != 0)
			done(); /* behind all of it */
		_exit(0);
	}
	ck_assert_int_ne(wait(&status), -1);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(count[1]);
	(void)!read(count[0], &writes, sizeof writes);
	close(count[0]);
	return writes;
}

/* Whether the key has what it had after N puts, or, if one more transaction was committed that nobody was told of, after that. */
static bool
has(struct store_table *table, const uint32_t *last, const uint32_t *later, uint32_t key)
{
	unsigned char bytes[4];
	struct store_bytes value;
	uint32_t n;

	wire_put_u32(bytes, key);
	if (store_get(table, (struct store_bytes){bytes, sizeof bytes}, &value) != 0)
		return last[key] == UINT32_MAX;
	n = wire_u32_at(value.bytes);
	if (value.len != VALUE || (n != last[key] && n != later[key]))
		return false;
	for (size_t i = sizeof n; i < VALUE; i++)
		if (((const unsigned char *)value.bytes)[i] != n % 251)
			return false;
	return true;
}

/* Returns whether all that was committed is there.  In a process of its own. */
static bool
is_whole(const char *in, enum page_journal journal, uint32_t n)
{
	static uint32_t last[KEYS], later[KEYS];
	struct store *store = store_open(in, 1u << 20, journal);
	struct store_table *table = store != NULL ? store_table_open(store, STORE_BODY, 1) : NULL;
	bool whole = table != NULL || n == 0;

	memset(last, 0xff, sizeof last);
	for (uint32_t i = 0; i < n; i++)
		last[key_of(i)] = i;
	memcpy(later, last, sizeof last);
	for (uint32_t i = n; i < n + TOGETHER; i++)
		later[key_of(i)] = i;
	for (uint32_t key = 0; whole && table != NULL && key < KEYS; key++)
		whole = has(table, last, later, key);
	store_table_close(table);
	store_close(store);
	return whole;
}

static uint32_t
told_committed(void)
{
	FILE *file = fopen(told, "re");
	uint32_t n = 0;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%u", &n), 1);
	fclose(file);
	return n;
}

static bool
survives(const char *in, enum page_journal journal)
{
	uint32_t n = told_committed();
	int status;

	if (fork() == 0) {
		alarm(journal == PAGE_JOURNAL_ON ? PATIENCE : PATIENCE_OFF);
		_exit(is_whole(in, journal, n) ? 0 : 1);
	}
	ck_assert_int_ne(wait(&status), -1);
	ck_assert_msg(
	    !WIFSIGNALED(status) || WTERMSIG(status) != SIGALRM || journal != PAGE_JOURNAL_ON, "too slow, not lost");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Returns whether nothing was lost at a cut at some write of those that make PART of all. */
static bool
try_cut(enum page_journal journal, unsigned at, unsigned seed)
{
	char command[500], spool[64];
	bool kept;

	snprintf(spool, sizeof spool, "%s/spool", dir);
	snprintf(image, sizeof image, "%s/image", dir);
	snprintf(command, sizeof command, "rm -rf %s %s && mkdir %s %s && printf 'set_lg_max 4194304\\n' >%s/DB_CONFIG",
	    spool, image, spool, image, spool);
	ck_assert_int_eq(system(command), 0);
	run(spool, journal, at, seed);
	kept =
	    told_committed() == PUTS || survives(image, journal); /* all was done before the cut: there is no image */
	if (!kept && journal == PAGE_JOURNAL_ON)
		ck_abort_msg("lost at write %u, seed %u", at, seed);
	return kept;
}

/* How many writes there are, and cuts somewhere among them, up to the first that loses something; returns whether one does. */
static bool
try_cuts(enum page_journal journal, unsigned cuts, unsigned seed)
{
	char spool[64], command[300];
	unsigned writes;
	bool lost = false;

	snprintf(spool, sizeof spool, "%s/all", dir);
	snprintf(command, sizeof command, "rm -rf %s && mkdir %s && printf 'set_lg_max 4194304\\n' >%s/DB_CONFIG",
	    spool, spool, spool);
	ck_assert_int_eq(system(command), 0);
	writes = run(spool, journal, 0, 0);
	ck_assert_uint_gt(writes, 500);
	for (unsigned i = 0; i < cuts && !lost; i++)
		lost = !try_cut(journal, 1 + (unsigned)rand_r(&seed) % writes, seed);
	return lost;
}

START_TEST(what_was_committed_is_there_after_a_power_cut)
{
	const char *cuts = getenv("STORE_CUTS");

	ck_assert(
	    !try_cuts(PAGE_JOURNAL_ON, cuts != NULL ? (unsigned)strtoul(cuts, NULL, 10) : CUTS, (unsigned)getpid()));
}
END_TEST

START_TEST(without_the_journal_it_is_not)
{
	unsigned seed = (unsigned)getpid();
	bool lost = false;

	for (int i = 0; i < TRIES && !lost; i++)
		lost = try_cuts(PAGE_JOURNAL_OFF, CUTS, seed + (unsigned)i);
	ck_assert(lost);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_cut");
	TCase *tcase = tcase_create("store");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, getenv("STORE_CUTS") != NULL ? 36000 : 600);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, what_was_committed_is_there_after_a_power_cut);
	tcase_add_test(tcase, without_the_journal_it_is_not);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
