/* What a worker can't come to is impossible. */
#include <check.h>
#include <stdlib.h>

#include "../../src/runner/stage.h"

#define STAGES (STAGE_FAULTY + 1)

/* Row: the stage, column: what may follow; in the order of enum stage. */
static const char table[STAGES][STAGES + 1] = {
    /*               NIRACDELF */
    [STAGE_NEW] = ".xx...x..",
    [STAGE_IDLE] = ".xx.xxx.x",
    [STAGE_READING] = "...xx.xxx",
    [STAGE_ANSWERING] = ".x..x.xxx",
    [STAGE_CLOSED] = "......x.x",
    [STAGE_DISMISSED] = "......x..",
    [STAGE_ENDING] = ".........",
    [STAGE_LATE] = ".........",
    [STAGE_FAULTY] = ".........",
};

START_TEST(only_what_the_table_says_follows)
{
	for (int from = 0; from < STAGES; from++)
		for (int to = 0; to < STAGES; to++)
			ck_assert_msg(stage_may_follow((enum stage)from, (enum stage)to) == (table[from][to] == 'x'),
			    "%d to %d", from, to);
}
END_TEST

START_TEST(a_worker_that_is_to_leave_gets_no_other_event)
{
	for (int from = 0; from < STAGES; from++)
		if (stage_is_last((enum stage)from)) {
			ck_assert(!stage_may_follow((enum stage)from, STAGE_IDLE));
			ck_assert(!stage_may_follow((enum stage)from, STAGE_READING));
		}
	ck_assert(stage_is_last(STAGE_DISMISSED) && !stage_is_last(STAGE_CLOSED));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("stage");
	TCase *tc = tcase_create("stage");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, only_what_the_table_says_follows);
	tcase_add_test(tc, a_worker_that_is_to_leave_gets_no_other_event);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
