/* What is kept for a time: as long as that, not much longer, and longer only where it is not finished. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/protocol/event.h"
#include "../../src/spool/seen_filter.h"
#include "../../src/spool/spool_private.h"
#include "kept.h"

static const struct spool_counters *
counters(void)
{
	return spool_counters(kept);
}

static bool
is_duplicate(const char *id, uint64_t of)
{
	uint64_t number;

	if (kept_put(id, false, &number) != SPOOL_DUPLICATE)
		return false;
	ck_assert_uint_eq(number, of);
	return true;
}

START_TEST(an_event_is_kept_as_long_as_it_must_be_and_an_eighth_more_at_most)
{
	for (int i = 0; i < 30; i++) {
		char id[16];

		snprintf(id, sizeof id, "%d", i);
		kept_new(id, false);
		kept_pass(5000);
	}
	for (uint64_t number = 1; number <= 30; number++) {
		uint64_t age = 5000 * (31 - number);

		if (age <= KEEP_MS)
			ck_assert(kept_is_there(number));
		else if (age > KEEP_MS + KEEP_MS / 8 + 5000)
			ck_assert(!kept_is_there(number));
	}
	ck_assert_uint_le(counters()->events, 20);
	ck_assert_uint_eq(counters()->events, counters()->unhandled);
	ck_assert_int_le(kept_files("event.", ""), 12);
}
END_TEST

START_TEST(when_nothing_comes_all_goes_and_no_generation_begins)
{
	kept_new("one", false);
	kept_pass(20000);
	for (int i = 0; i < 30; i++)
		kept_pass(10000);
	ck_assert_uint_eq(counters()->events, 0);
	ck_assert_int_eq(kept_files("event.", ""), 3); /* late, newest, spare */
	ck_assert_int_eq(kept_files("seen.", ""), 3);
	ck_assert_uint_eq(kept_new("one", false), 2);
}
END_TEST

START_TEST(an_id_is_remembered_as_long_as_it_must_be_and_an_eighth_more_at_most)
{
	kept_new("one", false);
	kept_pass(20000);
	for (int i = 0; i < 13; i++) {
		ck_assert(is_duplicate("one", 1));
		kept_pass(10000);
	}
	kept_pass(40000);
	ck_assert(!is_duplicate("one", 1));
}
END_TEST

START_TEST(a_start_right_after_a_generation_of_ids_began_counts_its_keys_anew)
{
	kept_new("one", false);
	kept_new("two", false);
	kept_pass(20000);
	kept_again();
	ck_assert_uint_eq(seen_newest(&kept->seen)->keys, 0);
	kept_new("three", false);
	kept_again();
	ck_assert_uint_eq(seen_newest(&kept->seen)->keys, 1);
	ck_assert_uint_eq(seen_keys(&kept->seen), 3);
}
END_TEST

START_TEST(seventy_generations_are_opened_again)
{
	char id[16];

	for (int i = 0; i < 70; i++) {
		snprintf(id, sizeof id, "%d", i);
		kept_new(id, false);
		kept_now += 1000;
		ck_assert_int_eq(spool_retain(kept, &(struct spool_ages){kept_now, 8000, 8000, false}), 0);
		spool_wait(kept);
	}
	ck_assert_int_ge(kept_files("event.", ""), 70);
	ck_assert_int_ge(kept_files("seen.", ".filter"), 60);
	kept_again();
	spool_wait(kept);
	for (int i = 0; i < 70; i++) {
		snprintf(id, sizeof id, "%d", i);
		ck_assert(kept_is_there((uint64_t)i + 1));
		ck_assert(is_duplicate(id, (uint64_t)i + 1));
	}
	ck_assert_uint_eq(counters()->events, 70);
	ck_assert_uint_eq(kept_new("new", false), 71);
	/* A configuration that keeps for less holds for what is there. */
	kept_now += 1000;
	kept_retain(10000, 10000);
	ck_assert_int_le(kept_files("event.", ""), 16);
	ck_assert_int_le(kept_files("seen.", ""), 32);
	ck_assert(!kept_is_there(1) && kept_is_there(71));
}
END_TEST

START_TEST(an_id_is_found_without_its_filter_and_with_a_damaged_one)
{
	char path[96];
	int fd;

	kept_new("one", false);
	kept_pass(20000);
	kept_new("two", false);
	kept_pass(20000);
	ck_assert_int_eq(kept_files("seen.", ".filter"), 2);
	spool_close(kept);
	snprintf(path, sizeof path, "%s/seen.00000001.filter", kept_dir);
	ck_assert_int_eq(unlink(path), 0);
	snprintf(path, sizeof path, "%s/seen.00000002.filter", kept_dir);
	ck_assert_int_ge(fd = open(path, O_WRONLY), 0);
	ck_assert_int_eq(pwrite(fd, "\1\2\3\4", 4, 70), 4);
	close(fd);
	kept_open();
	ck_assert(is_duplicate("one", 1) && is_duplicate("two", 2));
	spool_wait(kept);
	ck_assert_int_eq(kept_files("seen.", ".filter"), 2);
	ck_assert(is_duplicate("one", 1) && is_duplicate("two", 2));
	ck_assert_uint_eq(kept_new("three", false), 3);
}
END_TEST

START_TEST(files_that_no_record_names_are_removed_at_the_start)
{
	char path[96];
	struct store *store;

	kept_new("one", false);
	kept_pass(20000);
	spool_close(kept);
	ck_assert_ptr_nonnull(store = store_open(kept_dir, 1u << 20, PAGE_JOURNAL_AUTO));
	for (int kind = STORE_EVENT; kind <= STORE_SEEN; kind++) {
		struct store_table *table = store_table_make(store, (enum store_kind)kind, 77);

		ck_assert_ptr_nonnull(table);
		store_table_close(table);
	}
	store_close(store);
	snprintf(path, sizeof path, "%s/seen.00000077.filter", kept_dir);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	snprintf(path, sizeof path, "%s/seen.00000001.filter.new", kept_dir);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	kept_open();
	for (int i = 0; i < 5; i++) {
		static const char *const of[] = {"event.", "body.", "delivery.", "attempt.", "seen."};

		snprintf(path, sizeof path, "%s00000077", of[i]);
		ck_assert_int_eq(kept_files(path, ""), 0);
	}
	ck_assert_int_eq(kept_files("seen.", ".new"), 0);
	ck_assert(kept_is_there(1) && is_duplicate("one", 1));
}
END_TEST

START_TEST(rejected_webhooks_go_with_their_generation)
{
	struct event event = {.kind = EVENT_REJECTED, .received_ms = kept_now, .body = "x", .body_len = 1};
	uint64_t number;

	for (int i = 0; i < EVENT_TEXTS; i++)
		event.text[i] = "";
	event.text[EVENT_SOURCE] = "src";
	event.len[EVENT_SOURCE] = 3;
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(spool_begin(kept), 0);
		ck_assert_int_eq(
		    spool_accept(kept, &(struct spool_submission){&event, NULL, 0}, kept_now, &number), SPOOL_STORED);
		ck_assert_int_eq(spool_commit(kept), 0);
	}
	ck_assert_uint_eq(counters()->rejected, 3);
	kept_pass(20000);
	kept_new("young", false);
	kept_pass(KEEP_MS - 15000);
	ck_assert_uint_eq(counters()->rejected, 0);
	ck_assert(!kept_is_there(5) && kept_is_there(6));
}
END_TEST

START_TEST(before_anything_may_be_forgotten_generations_begin_all_the_same)
{
	kept_new("one", false);
	kept_now += 10 * DEDUP_MS;
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(spool_retain(kept, &(struct spool_ages){kept_now, KEEP_MS, DEDUP_MS, false}), 0);
		spool_wait(kept);
	}
	ck_assert(kept_is_there(1));
	ck_assert_int_eq(kept_files("event.", ""), 4);
	kept_pass(0);
	ck_assert(!kept_is_there(1));
}
END_TEST

struct told {
	uint64_t number, came_ms;
	bool finished;
};

/* As fast as it can, with spans so short that generations begin and go all the time; each event is told once it is on disk. */
static void
fill(int to, uint64_t first)
{
	const struct spool_ages spans = {.keep_ms = 8000, .dedup_ms = 16000, .forget = true};

	kept_open();
	for (uint64_t i = first;; i++) {
		struct told told = {.came_ms = kept_now, .finished = i % 16 != 0};
		struct spool_ages ages = spans;
		struct delivery d;
		char id[24];

		snprintf(id, sizeof id, "%llu", (unsigned long long)i);
		kept_put(id, true, &told.number); /* a duplicate, when it was stored before the end came */
		if (told.finished && spool_delivery(kept, told.number, "src/h", &d) == 0 && d.state == DELIVERY_QUEUED)
			kept_ends(told.number, DELIVERY_DONE);
		if (write(to, &told, sizeof told) != sizeof told)
			_exit(1);
		kept_now += 200;
		ages.now_ms = kept_now;
		if (spool_retain(kept, &ages) < 0)
			_exit(1);
	}
}

#define ROUNDS 12
#define TOLD_MAX 100000

/* What is there is what must be, and who repeats it hears so. */
static void
check_told(const struct told *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t age = kept_now - all[i].came_ms;
		char id[24];

		snprintf(id, sizeof id, "%llu", (unsigned long long)i);
		if (age <= 8000 || !all[i].finished)
			ck_assert(kept_is_there(all[i].number));
		if (age <= 16000 || !all[i].finished)
			ck_assert_msg(is_duplicate(id, all[i].number), "number %llu of %llu, %s, %llu ms old",
			    (unsigned long long)all[i].number, (unsigned long long)all[n - 1].number,
			    all[i].finished ? "finished" : "unfinished", (unsigned long long)age);
	}
}

/* Each generation that is there is there whole. */
static void
check_files(void)
{
	int n;

	spool_wait(kept);
	n = kept_files("event.", "");

	ck_assert_int_eq(kept_files("body.", ""), n);
	ck_assert_int_eq(kept_files("delivery.", ""), n);
	ck_assert_int_eq(kept_files("attempt.", ""), n);
	ck_assert_int_le(n, 14);
	ck_assert_int_eq(kept_files("", ".new"), 0);
	ck_assert_int_eq(kept_files("__db", ""), 0);
}

START_TEST(a_kill_in_the_middle_forgets_nothing_too_soon_and_leaves_nothing_behind)
{
	static struct told all[TOLD_MAX];
	size_t n = 0;

	spool_close(kept);
	for (int round = 0; round < ROUNDS; round++) {
		int pipes[2], status;
		size_t until = n + 40 + (size_t)(rand() % 60);
		pid_t pid;

		ck_assert_int_eq(pipe(pipes), 0);
		if ((pid = fork()) == 0)
			fill(pipes[1], n);
		close(pipes[1]);
		while (n < until && read(pipes[0], &all[n], sizeof all[n]) == sizeof all[n])
			n++;
		usleep((useconds_t)(rand() % 3000)); /* anywhere in what it does next */
		kill(pid, SIGKILL);
		while (read(pipes[0], &all[n], sizeof all[n]) == sizeof all[n])
			n++;
		close(pipes[0]);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(WTERMSIG(status), SIGKILL);
		kept_now = all[n - 1].came_ms + 200; /* as far as it can have come */
		kept_open();
		check_told(all, n);
		check_files();
		spool_close(kept);
	}
	kept_open();
	kept_now += 100000;
	kept_retain(8000, 16000);
	check_files();
	ck_assert_int_eq(kept_files("event.", ""), 3);
	ck_assert_uint_eq(counters()->events, counters()->queued);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("spool_retain");
	TCase *tc = tcase_create("spool_retain");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, kept_set_up, kept_tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, an_event_is_kept_as_long_as_it_must_be_and_an_eighth_more_at_most);
	tcase_add_test(tc, when_nothing_comes_all_goes_and_no_generation_begins);
	tcase_add_test(tc, an_id_is_remembered_as_long_as_it_must_be_and_an_eighth_more_at_most);
	tcase_add_test(tc, a_start_right_after_a_generation_of_ids_began_counts_its_keys_anew);
	tcase_add_test(tc, seventy_generations_are_opened_again);
	tcase_add_test(tc, an_id_is_found_without_its_filter_and_with_a_damaged_one);
	tcase_add_test(tc, files_that_no_record_names_are_removed_at_the_start);
	tcase_add_test(tc, rejected_webhooks_go_with_their_generation);
	tcase_add_test(tc, before_anything_may_be_forgotten_generations_begin_all_the_same);
	tcase_add_test(tc, a_kill_in_the_middle_forgets_nothing_too_soon_and_leaves_nothing_behind);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
