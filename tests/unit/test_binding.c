/* Which hook an event is for. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/conf/conf.h"
#include "../../src/protocol/event.h"
#include "../../src/spooler/binding.h"

static struct hook hooks[] = {{.title = (char *)"order.*"}, {.title = (char *)"order.paid"},
    {.title = (char *)"*", .all = true}, {.title = (char *)"order.p*", .all = true}};
static struct source sources[] = {{.name = (char *)"shop", .hooks = hooks, .nhooks = 4}, {.name = (char *)"sho"}};
static struct conf conf = {.sources = sources, .nsources = 2};

/* Texts are not terminated: more follows each. */
static struct event
event_of(enum event_kind kind, const char *type, size_t len)
{
	struct event event = {.kind = kind};

	event.text[EVENT_SOURCE] = "shopping";
	event.len[EVENT_SOURCE] = 4;
	event.text[EVENT_TYPE] = type;
	event.len[EVENT_TYPE] = (uint32_t)len;
	return event;
}

START_TEST(the_most_specific_hook_and_those_that_take_all)
{
	struct event event = event_of(EVENT_ACCEPTED, "order.paid.", 10);
	struct binding binding;

	binding_hooks(&sources[0], &event, &binding);
	ck_assert_uint_eq(binding.n, 3);
	ck_assert_str_eq(binding.identity[0], "shop/order.paid");
	ck_assert_str_eq(binding.identity[1], "shop/*");
	ck_assert_str_eq(binding.identity[2], "shop/order.p*");
}
END_TEST

START_TEST(a_type_that_no_title_matches_has_only_those_that_take_all)
{
	struct event event = event_of(EVENT_ACCEPTED, "refund", 6);
	struct binding binding;

	binding_hooks(&sources[0], &event, &binding);
	ck_assert_uint_eq(binding.n, 1);
	ck_assert_str_eq(binding.identity[0], "shop/*");
	binding_hooks(&sources[1], &event, &binding);
	ck_assert_uint_eq(binding.n, 0);
}
END_TEST

START_TEST(a_rejected_one_is_for_nobody)
{
	struct event event = event_of(EVENT_REJECTED, "order.paid", 10);
	struct binding binding;

	binding_hooks(&sources[0], &event, &binding);
	ck_assert_uint_eq(binding.n, 0);
}
END_TEST

START_TEST(a_source_is_found_by_its_whole_name)
{
	struct event event = event_of(EVENT_ACCEPTED, "x", 1);

	ck_assert_ptr_eq(binding_source(&conf, &event), &sources[0]);
	event.len[EVENT_SOURCE] = 3;
	ck_assert_ptr_eq(binding_source(&conf, &event), &sources[1]);
	event.len[EVENT_SOURCE] = 5;
	ck_assert_ptr_null(binding_source(&conf, &event));
	event.len[EVENT_SOURCE] = 0;
	ck_assert_ptr_null(binding_source(&conf, &event));
}
END_TEST

START_TEST(a_hook_is_known_by_its_identity)
{
	char identity[SPOOL_HOOK_MAX + 1];

	binding_identity(identity, &sources[0], &hooks[0]);
	ck_assert_str_eq(identity, "shop/order.*");
	ck_assert(binding_exists(&conf, "shop/order.*"));
	ck_assert(!binding_exists(&conf, "shop/order.x"));
	ck_assert(!binding_exists(&conf, "sho/order.*"));
	ck_assert(!binding_exists(&conf, "shop/"));
	ck_assert(!binding_exists(&conf, "shop"));
	ck_assert(!binding_exists(&conf, ""));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("binding");
	TCase *bindings = tcase_create("bindings");
	SRunner *runner;
	int failed;

	tcase_add_test(bindings, the_most_specific_hook_and_those_that_take_all);
	tcase_add_test(bindings, a_type_that_no_title_matches_has_only_those_that_take_all);
	tcase_add_test(bindings, a_rejected_one_is_for_nobody);
	tcase_add_test(bindings, a_source_is_found_by_its_whole_name);
	tcase_add_test(bindings, a_hook_is_known_by_its_identity);
	suite_add_tcase(suite, bindings);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
