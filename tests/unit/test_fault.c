/* Every fault has a text of its own, and what is none has one, too. */
#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/protocol/fault.h"

START_TEST(each_has_its_text)
{
	for (int i = FAULT_NONE; i <= FAULT_CLOSED; i++)
		for (int j = FAULT_NONE; j < i; j++)
			ck_assert_str_ne(fault_text(i), fault_text(j));
}
END_TEST

START_TEST(a_number_that_is_no_fault_has_a_text)
{
	static const int numbers[] = {-1, FAULT_CLOSED + 1, INT_MAX, INT_MIN};

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		ck_assert_str_eq(fault_text(numbers[i]), "the answer is wrong");
}
END_TEST

/* They are on disks. */
START_TEST(numbers_keep_their_meaning)
{
	ck_assert_int_eq(FAULT_NOT_JSON, 1);
	ck_assert_int_eq(FAULT_MESSAGE, 5);
	ck_assert_int_eq(FAULT_LONG, 6);
	ck_assert_int_eq(FAULT_CLOSED, 9);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("fault");
	TCase *tc = tcase_create("fault");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, each_has_its_text);
	tcase_add_test(tc, a_number_that_is_no_fault_has_a_text);
	tcase_add_test(tc, numbers_keep_their_meaning);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
