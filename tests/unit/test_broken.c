/* What a spool that is beyond use does to the process; the spool is the test's. */
#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/broken.h"

static bool is_broken;

bool
spool_broken(const struct spool *spool)
{
	ck_assert_ptr_null(spool);
	return is_broken;
}

static void
at_the_end(void)
{
	_exit(EXIT_SUCCESS);
}

START_TEST(one_that_works_changes_nothing)
{
	broken_check(NULL);
}
END_TEST

START_TEST(a_broken_one_ends_the_process_at_once)
{
	log_open("test", "/dev/null");
	atexit(at_the_end); /* not even this */
	is_broken = true;
	broken_check(NULL);
	_exit(EXIT_SUCCESS);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("broken");
	TCase *tc = tcase_create("broken");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, one_that_works_changes_nothing);
	tcase_add_exit_test(tc, a_broken_one_ends_the_process_at_once, EXIT_FAILURE);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
