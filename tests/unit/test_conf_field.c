/* Fields. */
#include "conf_fixture.h"

START_TEST(fields_are_checked)
{
	refused_in_source("field /a { }\nfield /a { }", "4: section '/a' is there twice");
	refused_in_source("field a { }", "3: field 'a': a JSON Pointer is empty or begins with '/'");
	refused_in_source("field /a {\n type = { string, date } }",
	    "4: option 'type' is string, number, integer, boolean, object, array or");
	refused_in_source("field /a { type = object\n one-of = { x } }", "4: option 'one-of' compares texts");
	refused_in_source("field /a { when = { 'a[' } }", "3: option 'when': 'a[' is not a glob");
	refused_in_source("field /a { required = maybe }", "3: option 'required' is true or false");
	refused_in_source("field /a { pattern = '(a' }", "3: option 'pattern': '(a': ");
	refused_in_source("field /a { pattern = '^(a*)\\\\1$' }", "3: option 'pattern': back references");
	conf_free(good_source("field /a { pattern = '^\\\\\\\\1$' }"));
	refused_in_source("field /a { min = 01 }", "3: option 'min' is a number as JSON writes it, not '01'");
	refused_in_source("field /a { min = 2 max = 1.9 }", "3: option 'min' is above option 'max'");
	refused_in_source("field /a { min-length = 2 max-length = 1 }", "3: option 'min-length' is above");
	refused_in_source(
	    "field /a { type = string min = 1 }", "3: option 'min' is for a number, and field '/a' is none");
	refused_in_source("field /a { type = number format = uuid }", "3: option 'format' is for a string");
	refused_in_source("field /a { format = date }", "3: option 'format' is rfc3339 or uuid, not 'date'");
	refused_in_source("field /a { type = { number, integer } }", "3: option 'type': number and integer");
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_field");

	tcase_add_test(t, fields_are_checked);
	return conf_run();
}
