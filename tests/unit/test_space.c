/* Room on the disk: of the file system that the tests are on, and of what is asked for. */
#include <check.h>
#include <event2/event.h>
#include <stdlib.h>

#include "../../src/conf/conf.h"
#include "../../src/spooler/space.h"
#include "spooled.h"

static void
wait_for(bool enough)
{
	while (space_enough(spooled.space) != enough)
		event_base_loop(spooled.base, EVLOOP_ONCE);
}

START_TEST(it_is_known_from_the_beginning)
{
	struct space *space;

	ck_assert(space_enough(spooled.space));
	spooled.conf->min_free = UINT64_MAX;
	ck_assert_ptr_nonnull(space = space_new(&spooled));
	ck_assert(!space_enough(space));
	space_free(space);
}
END_TEST

START_TEST(it_follows_the_disk_and_the_configuration)
{
	spooled.conf->min_free = UINT64_MAX;
	ck_assert(space_enough(spooled.space)); /* as it was when last looked */
	wait_for(false);
	spooled.conf->min_free = 0;
	wait_for(true);
}
END_TEST

START_TEST(a_disk_that_can_not_be_asked_is_as_it_was)
{
	char *dir = spooled.conf->spool;
	struct space *space;

	spooled.conf->spool = (char *)(uintptr_t) "/nonexistent/spool";
	spooled.conf->min_free = UINT64_MAX;
	ck_assert_ptr_nonnull(space = space_new(&spooled));
	ck_assert(space_enough(space));
	space_free(space);
	spooled.conf->spool = dir;
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("space");
	TCase *tc = tcase_create("space");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, spooled_set_up, spooled_tear_down);
	tcase_add_test(tc, it_is_known_from_the_beginning);
	tcase_add_test(tc, it_follows_the_disk_and_the_configuration);
	tcase_add_test(tc, a_disk_that_can_not_be_asked_is_as_it_was);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
