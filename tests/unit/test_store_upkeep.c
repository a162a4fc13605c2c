/*
 * The store with its thread, killed at any moment: what was committed is there, whatever the log files look like.  The log files are small
 * (DB_CONFIG), so that the log goes over to another many times a second.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "../../src/spool/store.h"

#define LOG_FILE (256u << 10)
#define VALUE_SIZE 3000
#define KILLS 8

static char dir[32];
static struct store_table *bodies; /* of the store that is open */

static const char *
log_path(unsigned number)
{
	static char path[64];

	snprintf(path, sizeof path, "%s/log.%010u", dir, number);
	return path;
}

static void
set_up(void)
{
	char path[64];
	FILE *file;

	strcpy(dir, "/tmp/test_store_upkeep.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/DB_CONFIG", dir);
	ck_assert_ptr_nonnull(file = fopen(path, "we"));
	fprintf(file, "set_lg_bsize 32768\nset_lg_max %u\n", LOG_FILE);
	fclose(file);
}

static void
tear_down(void)
{
	char command[64];

	snprintf(command, sizeof command, "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static struct store *
open_store(void)
{
	struct store *store = store_open(dir, 1u << 20, PAGE_JOURNAL_AUTO);

	ck_assert_ptr_nonnull(store);
	ck_assert_ptr_nonnull(bodies = store_table_make(store, STORE_BODY, 1));
	store_spares(store, 0);
	return store;
}

static int
put(struct store *store, uint32_t number)
{
	static char value[VALUE_SIZE];
	unsigned char key[4] = {(unsigned char)(number >> 24), (unsigned char)(number >> 16),
	    (unsigned char)(number >> 8), (unsigned char)number};

	memset(value, (int)(number % 251), sizeof value);
	return store_begin(store) != 0 ||
	    store_put(bodies, (struct store_bytes){key, sizeof key}, (struct store_bytes){value, sizeof value}) != 0 ||
	    store_commit(store) != 0;
}

static void
check_all(uint32_t n)
{
	uint32_t i = 0;

	for (; i < n; i++) { /* an assertion for each would take seconds */
		unsigned char key[4] = {
		    (unsigned char)(i >> 24), (unsigned char)(i >> 16), (unsigned char)(i >> 8), (unsigned char)i};
		struct store_bytes value;

		if (store_get(bodies, (struct store_bytes){key, sizeof key}, &value) != 0 || value.len != VALUE_SIZE ||
		    ((const unsigned char *)value.bytes)[VALUE_SIZE - 1] != i % 251)
			break;
	}
	ck_assert_uint_eq(i, n);
}

/* Puts FROM and on until it is killed, and says after each commit how many there are. */
static void
write_on(uint32_t from, int to)
{
	struct store *store = store_open(dir, 1u << 20, PAGE_JOURNAL_AUTO);

	if (store == NULL || (bodies = store_table_make(store, STORE_BODY, 1)) == NULL)
		_exit(1);
	store_spares(store, 0);
	for (uint32_t n = from; put(store, n) == 0; n++) {
		uint32_t there = n + 1;

		if (write(to, &there, sizeof there) != sizeof there)
			break;
	}
	_exit(1);
}

/* Returns how many were committed when it was killed, some MS after the first. */
static uint32_t
write_and_kill(uint32_t from, unsigned ms)
{
	uint32_t n = from, next;
	int pipes[2], status;
	pid_t child;

	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_ne(child = fork(), -1);
	if (child == 0) {
		close(pipes[0]);
		write_on(from, pipes[1]);
	}
	close(pipes[1]);
	ck_assert_int_eq(read(pipes[0], &n, sizeof n), sizeof n);
	usleep(ms * 1000);
	kill(child, SIGKILL);
	while (read(pipes[0], &next, sizeof next) == sizeof next)
		n = next;
	close(pipes[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WIFSIGNALED(status), 1);
	return n;
}

static unsigned
last_log(void)
{
	unsigned last = 0;

	for (unsigned i = 1; i < 100000; i++)
		if (access(log_path(i), F_OK) == 0)
			last = i;
	return last;
}

/* The last one that the log has reached: there may be one behind it that was made in advance, and goes at the start. */
static unsigned
last_begun(void)
{
	unsigned last = last_log();
	char magic[64] = "", zeros[64] = "";
	int fd = open(log_path(last), O_RDONLY | O_CLOEXEC);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_ne(read(fd, magic, sizeof magic), -1);
	close(fd);
	return memcmp(magic, zeros, sizeof magic) != 0 ? last : last - 1;
}

/* Zeros with TEXT at AT. */
static void
put_log(unsigned number, const char *text, off_t at)
{
	int fd = open(log_path(number), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(ftruncate(fd, LOG_FILE), 0);
	ck_assert_int_eq(pwrite(fd, text, strlen(text), at), (ssize_t)strlen(text));
	close(fd);
}

START_TEST(what_was_committed_is_there_after_a_kill_at_any_moment)
{
	uint32_t n = 0;

	srand((unsigned)getpid());
	for (int i = 0; i < KILLS; i++) {
		struct store *store;

		n = write_and_kill(n, (unsigned)rand() % 250);
		store = open_store();
		check_all(n);
		store_table_close(bodies);
		store_close(store);
	}
	ck_assert_uint_gt(last_log(), 2);
}
END_TEST

static const struct {
	unsigned ahead; /* so many files behind the log's end, */
	const char *text;
	off_t at; /* and this in each of them */
} rests[] = {{1, "", 0}, {3, "", 0}, {1, "a block that came to the disk before the first", 512},
    {2, "the same, at the end", LOG_FILE - 64}};

START_TEST(files_behind_the_end_of_the_log_are_no_part_of_it)
{
	uint32_t n = write_and_kill(0, 100), last;
	struct store *store;

	store = open_store();
	store_table_close(bodies);
	store_close(store);
	last = last_log();
	for (unsigned i = 1; i <= rests[_i].ahead; i++)
		put_log(last + i, rests[_i].text, rests[_i].at);
	store = open_store();
	check_all(n);
	ck_assert_int_eq(access(log_path(last + rests[_i].ahead), F_OK), -1);
	for (uint32_t end = n + 400; n < end; n++) /* on into those files, several times */
		ck_assert_int_eq(put(store, n), 0);
	store_table_close(bodies);
	store_close(store);
	store = open_store();
	check_all(n);
	store_table_close(bodies);
	store_close(store);
}
END_TEST

/* The library goes over to what there is, even in the middle of its work: with spares that have come, and that are missing. */
START_TEST(the_log_goes_over_to_files_that_are_there)
{
	struct store *store = open_store();
	uint32_t n = 0;
	unsigned last = last_log();

	put_log(last + 1, "", 0);
	put_log(last + 2, "", 0);
	for (; n < 500; n++)
		ck_assert_int_eq(put(store, n), 0);
	ck_assert_uint_gt(last_log(), last + 2);
	check_all(n);
	store_table_close(bodies);
	store_close(store);
	store = open_store();
	check_all(n);
	store_table_close(bodies);
	store_close(store);
}
END_TEST

static bool
has_log(unsigned number)
{
	return access(log_path(number), F_OK) == 0;
}

/* How many log files are below a number that is missing, from the last one down. */
static unsigned
strays(unsigned last)
{
	unsigned first = last, n = 0;

	while (first > 1 && has_log(first - 1))
		first--;
	for (unsigned i = 1; i < first; i++)
		n += has_log(i);
	return n;
}

/* Puts a hundred, in one transaction. */
static void
put_many(struct store *store, uint32_t n)
{
	static char value[VALUE_SIZE];

	ck_assert_int_eq(store_begin(store), 0);
	for (uint32_t i = n; i < n + 100; i++)
		ck_assert_int_eq(
		    store_put(bodies, (struct store_bytes){&i, sizeof i}, (struct store_bytes){value, sizeof value}),
		    0);
	ck_assert_int_eq(store_commit(store), 0);
}

/* So much log that there are some checkpoints, and after each of them files go: the library would not look below one that is missing. */
START_TEST(old_log_files_go_from_the_oldest_on)
{
	struct store *store = open_store();
	unsigned last = 1;

	for (uint32_t n = 0; last < 400; n += 100) {
		put_many(store, n % 2000);
		while (has_log(last + 1))
			last++;
		ck_assert_uint_eq(strays(last), 0);
	}
	store_table_close(bodies);
	store_close(store);
	ck_assert(!has_log(1));
}
END_TEST

START_TEST(log_files_below_a_missing_one_go_at_the_start)
{
	struct store *store = open_store();
	unsigned last;

	for (uint32_t n = 0; n < 1000; n += 100)
		put_many(store, n);
	store_table_close(bodies);
	store_close(store);
	last = last_begun();
	ck_assert_uint_gt(last, 5);
	put_log(1, "", 0);
	put_log(last - 2, "", 0);
	store = open_store();
	ck_assert(!has_log(1) && !has_log(last - 2) && has_log(last));
	store_table_close(bodies);
	store_close(store);
}
END_TEST

static unsigned
lines_of(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned lines = 0;
	int c;

	ck_assert_ptr_nonnull(file);
	while ((c = fgetc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

/* A limit of files' size fails as a full disk does: each page behind it, each time. */
START_TEST(what_fails_in_the_thread_is_told_but_does_not_flood_the_log)
{
	struct rlimit limit, before;
	struct store *store;
	char path[64];

	snprintf(path, sizeof path, "%s/said", dir);
	ck_assert_int_eq(log_open("test", path), 0);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_ptr_nonnull(store = store_open(dir, 16u << 20, PAGE_JOURNAL_AUTO));
	ck_assert_ptr_nonnull(bodies = store_table_make(store, STORE_BODY, 1));
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){LOG_FILE + 65536, before.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (uint32_t n = 0; n < 1000 || lines_of(path) == 0; n++) {
		ck_assert_int_eq(put(store, n), 0);
		usleep(1000);
	}
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_uint_lt(lines_of(path), 100);
	store_table_close(bodies);
	store_close(store);
	store = open_store();
	check_all(1000);
	store_table_close(bodies);
	store_close(store);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_upkeep");
	TCase *tcase = tcase_create("log");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, what_was_committed_is_there_after_a_kill_at_any_moment);
	tcase_add_loop_test(
	    tcase, files_behind_the_end_of_the_log_are_no_part_of_it, 0, (int)(sizeof rests / sizeof rests[0]));
	tcase_add_test(tcase, the_log_goes_over_to_files_that_are_there);
	tcase_add_test(tcase, old_log_files_go_from_the_oldest_on);
	tcase_add_test(tcase, log_files_below_a_missing_one_go_at_the_start);
	tcase_add_test(tcase, what_fails_in_the_thread_is_told_but_does_not_flood_the_log);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
