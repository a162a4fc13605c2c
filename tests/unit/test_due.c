/* What is due, over a real spool: who starts hooks hears of it once, after the commit, and of nothing that was undone. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/protocol/event.h"
#include "../../src/spool/due.h"
#include "../../src/spool/spool.h"

static char dir[] = "/tmp/test_due.XXXXXX";
static struct conf conf = {.max_rejected = 3, .cache = 1u << 20};
static struct spool *spool;
static char told[4096];
static unsigned ids;

static void
woken(void *context, const char *hook, uint64_t due_ms)
{
	size_t n = strlen(told);

	ck_assert_ptr_eq(context, &ids);
	snprintf(told + n, sizeof told - n, "%s@%llu ", hook != NULL ? hook : "any", (unsigned long long)due_ms);
}

static void
set_up(void)
{
	int lock;

	strcpy(dir, "/tmp/test_due.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	conf.spool = dir;
	lock = spool_lock(dir);
	ck_assert_int_ge(lock, 0);
	spool = spool_open(&conf, lock);
	ck_assert_ptr_nonnull(spool);
	spool_on_due(spool, woken, &ids);
	told[0] = '\0';
}

static void
tear_down(void)
{
	char command[64];

	spool_close(spool);
	snprintf(command, sizeof command, "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* In the open transaction. */
static uint64_t
put(const char *hook, const char *lane, uint64_t now_ms)
{
	struct event event = {.kind = EVENT_ACCEPTED, .received_ms = now_ms, .body = "b", .body_len = 1};
	uint64_t number;
	char key[32];

	snprintf(key, sizeof key, "s%u\x01", ++ids);
	for (int i = 0; i < EVENT_TEXTS; i++)
		event.text[i] = "";
	event.text[EVENT_SOURCE] = "s";
	event.len[EVENT_SOURCE] = 1;
	event.text[EVENT_KEY] = key;
	event.len[EVENT_KEY] = (uint32_t)strlen(key);
	event.text[EVENT_LANE] = lane;
	event.len[EVENT_LANE] = (uint32_t)strlen(lane);
	ck_assert_int_eq(
	    spool_accept(spool, &(struct spool_submission){&event, &hook, 1}, now_ms, &number), SPOOL_STORED);
	return number;
}

static void
ends(uint64_t number, const char *hook)
{
	const struct delivery done = {.state = DELIVERY_DONE, .attempts = 1, .attempts_all = 1};
	const struct attempt attempt = {.end = RUN_EXITED, .out = "", .err = ""};

	ck_assert_int_eq(spool_outcome(spool, &(struct spool_outcome){number, hook, &done, &attempt}), 0);
}

START_TEST(each_hook_is_told_once_after_the_commit_with_the_first_of_its_times)
{
	ck_assert_int_eq(spool_begin(spool), 0);
	put("s/a", "", 3000);
	put("s/b", "", 2500);
	put("s/a", "", 2000);
	put("s/a", "", 4000);
	ck_assert_str_eq(told, "");
	ck_assert_int_eq(spool_commit(spool), 0);
	ck_assert_str_eq(told, "s/a@2000 s/b@2500 ");
	ck_assert_int_eq(spool_begin(spool), 0);
	ck_assert_int_eq(spool_commit(spool), 0);
	ck_assert_str_eq(told, "s/a@2000 s/b@2500 ");
}
END_TEST

START_TEST(of_what_is_undone_nobody_hears)
{
	ck_assert_int_eq(spool_begin(spool), 0);
	put("s/a", "", 1000);
	spool_abort(spool);
	ck_assert_int_eq(spool_begin(spool), 0);
	put("s/b", "", 2000);
	ck_assert_int_eq(spool_commit(spool), 0);
	ck_assert_str_eq(told, "s/b@2000 ");
}
END_TEST

START_TEST(the_next_of_a_lane_is_told_when_its_turn_has_come)
{
	uint64_t first;

	ck_assert_int_eq(spool_begin(spool), 0);
	first = put("s/a", "lane", 1000);
	put("s/b", "lane", 2000);
	ck_assert_int_eq(spool_commit(spool), 0);
	ck_assert_str_eq(told, "s/a@1000 ");
	told[0] = '\0';
	ck_assert_int_eq(spool_begin(spool), 0);
	ends(first, "s/a");
	ck_assert_int_eq(spool_commit(spool), 0);
	ck_assert_str_eq(told, "s/b@2000 ");
}
END_TEST

START_TEST(where_there_are_too_many_hooks_any_may_be_due)
{
	ck_assert_int_eq(spool_begin(spool), 0);
	for (int i = 0; i <= DUE_NEWS_MAX; i++) {
		char hook[16];

		snprintf(hook, sizeof hook, "s/%d", i);
		put(hook, "", 1000);
	}
	ck_assert_int_eq(spool_commit(spool), 0);
	ck_assert_ptr_nonnull(strstr(told, "s/0@1000 "));
	ck_assert_ptr_nonnull(strstr(told, "s/63@1000 "));
	ck_assert_ptr_null(strstr(told, "s/64@"));
	ck_assert_ptr_nonnull(strstr(told, "any@0 "));
}
END_TEST

START_TEST(a_hooks_deliveries_are_in_order_of_time_and_hooks_in_order_of_name)
{
	uint64_t due = 0, number = 0, a, b, c;
	char hook[SPOOL_HOOK_MAX + 1] = "";

	ck_assert_int_eq(spool_begin(spool), 0);
	a = put("s/a", "", 3000);
	b = put("s/a", "", 1000);
	c = put("s/a b", "", 2000);
	ck_assert_int_eq(spool_commit(spool), 0);
	ck_assert_int_eq(spool_due(spool, "s/a", &due, &number), 0);
	ck_assert_uint_eq(number, b);
	ck_assert_int_eq(spool_due(spool, "s/a", &due, &number), 0);
	ck_assert_uint_eq(number, a);
	ck_assert_int_eq(spool_due(spool, "s/a", &due, &number), -1);
	ck_assert_int_eq(errno, ENOENT);
	due = number = 0;
	ck_assert_int_eq(spool_due(spool, "s/a b", &due, &number), 0);
	ck_assert_uint_eq(number, c);
	ck_assert_int_eq(spool_due_hook(spool, hook), 0);
	ck_assert_str_eq(hook, "s/a");
	ck_assert_int_eq(spool_due_hook(spool, hook), 0);
	ck_assert_str_eq(hook, "s/a b");
	ck_assert_int_eq(spool_due_hook(spool, hook), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("due");
	TCase *news = tcase_create("news");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(news, set_up, tear_down);
	tcase_add_test(news, each_hook_is_told_once_after_the_commit_with_the_first_of_its_times);
	tcase_add_test(news, of_what_is_undone_nobody_hears);
	tcase_add_test(news, the_next_of_a_lane_is_told_when_its_turn_has_come);
	tcase_add_test(news, where_there_are_too_many_hooks_any_may_be_due);
	tcase_add_test(news, a_hooks_deliveries_are_in_order_of_time_and_hooks_in_order_of_name);
	suite_add_tcase(suite, news);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
