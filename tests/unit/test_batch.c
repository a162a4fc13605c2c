/* Group commit over a real spool: whoever joins from a finish, and however many, is committed once. */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/batch.h"

#define GROUP 512 /* as in batch.c */
#define MANY (4 * GROUP)

struct member {
	struct batch_item item;
	struct batch *batch;
	struct member *follower; /* joins when this one is finished */
	unsigned stored, committed, failed;
	bool refuses, again; /* to be stored; to join anew, once */
};

static char dir[] = "/tmp/test_batch.XXXXXX";
static struct conf conf = {.max_rejected = 3, .cache = 1u << 20};
static struct event_base *base;
static struct spool *spool;
static struct batch *batch;
static struct member members[MANY];
static unsigned commits;

int __real_spool_commit(struct spool *);
int __wrap_spool_commit(struct spool *);

int
__wrap_spool_commit(struct spool *of)
{
	commits++;
	return __real_spool_commit(of);
}

static int
store(struct batch_item *item)
{
	struct member *member = (struct member *)item;

	if (member->refuses) {
		errno = ENOSPC;
		return -1;
	}
	member->stored++;
	return 0;
}

static void
finish(struct batch_item *item, bool committed)
{
	struct member *member = (struct member *)item;

	member->committed += committed;
	member->failed += !committed;
	if (member->follower != NULL)
		batch_join(member->batch, &member->follower->item);
	if (member->again) {
		member->again = false;
		batch_join(member->batch, item);
	}
}

static void
set_up(void)
{
	int lock;

	strcpy(dir, "/tmp/test_batch.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	conf.spool = dir;
	lock = spool_lock(dir);
	ck_assert_int_ge(lock, 0);
	base = event_base_new();
	spool = spool_open(&conf, lock);
	ck_assert_ptr_nonnull(spool);
	batch = batch_new(base, spool);
	commits = 0;
	memset(members, 0, sizeof members);
	for (size_t i = 0; i < MANY; i++) {
		members[i].item = (struct batch_item){.store = store, .finish = finish};
		members[i].batch = batch;
	}
}

static void
tear_down(void)
{
	char command[64];

	batch_free(batch);
	spool_close(spool);
	event_base_free(base);
	snprintf(command, sizeof command, "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void
loop(void)
{
	for (int i = 0; i < 16; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static void
all_were_committed_once(size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (members[i].committed != 1 || members[i].failed != 0)
			ck_abort_msg(
			    "member %zu: committed %u times, failed %u", i, members[i].committed, members[i].failed);
}

/* What a burst of frames from several responders did: a full group, whose callbacks fill the next one, and one more. */
START_TEST(a_group_that_its_callbacks_fill_again_loses_and_overwrites_nobody)
{
	for (size_t i = 0; i < GROUP; i++)
		members[i].follower = &members[GROUP + i];
	for (size_t i = 0; i < GROUP; i++)
		batch_join(batch, &members[i].item);
	batch_join(batch, &members[2 * GROUP].item);
	batch_join(batch, &members[2 * GROUP + 1].item);
	loop();
	all_were_committed_once(2 * GROUP + 2);
}
END_TEST

START_TEST(more_than_a_group_has_room_for_are_all_committed_at_once)
{
	for (size_t i = 0; i < MANY; i++)
		batch_join(batch, &members[i].item);
	batch_commit(batch);
	all_were_committed_once(MANY);
	ck_assert_uint_eq(commits, MANY / GROUP);
}
END_TEST

START_TEST(what_joins_together_is_one_commit)
{
	for (size_t i = 0; i < 3; i++)
		batch_join(batch, &members[i].item);
	loop();
	all_were_committed_once(3);
	ck_assert_uint_eq(commits, 1);
}
END_TEST

START_TEST(who_joins_from_a_finish_waits_for_the_loop)
{
	members[0].follower = &members[1];
	batch_join(batch, &members[0].item);
	batch_commit(batch);
	ck_assert_uint_eq(members[0].committed, 1);
	ck_assert_uint_eq(members[1].committed, 0);
	loop();
	ck_assert_uint_eq(members[1].committed, 1);
}
END_TEST

START_TEST(a_member_joins_once_and_may_join_anew_from_its_finish)
{
	members[0].again = true;
	batch_join(batch, &members[0].item);
	batch_join(batch, &members[0].item);
	batch_join(batch, &members[1].item);
	batch_join(batch, &members[0].item);
	loop();
	ck_assert_uint_eq(members[0].committed, 2);
	ck_assert_uint_eq(members[1].committed, 1);
}
END_TEST

START_TEST(one_that_can_not_be_stored_takes_nobody_with_it)
{
	members[GROUP / 2].refuses = true;
	for (size_t i = 0; i < GROUP + 1; i++)
		batch_join(batch, &members[i].item);
	batch_commit(batch);
	for (size_t i = 0; i < GROUP + 1; i++) {
		ck_assert_uint_eq(members[i].committed, i != GROUP / 2);
		ck_assert_uint_eq(members[i].failed, i == GROUP / 2);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("batch");
	TCase *group = tcase_create("group");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(group, set_up, tear_down);
	tcase_add_test(group, a_group_that_its_callbacks_fill_again_loses_and_overwrites_nobody);
	tcase_add_test(group, more_than_a_group_has_room_for_are_all_committed_at_once);
	tcase_add_test(group, what_joins_together_is_one_commit);
	tcase_add_test(group, who_joins_from_a_finish_waits_for_the_loop);
	tcase_add_test(group, a_member_joins_once_and_may_join_anew_from_its_finish);
	tcase_add_test(group, one_that_can_not_be_stored_takes_nobody_with_it);
	suite_add_tcase(suite, group);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
