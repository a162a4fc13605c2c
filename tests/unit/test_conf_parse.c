/* The grammar: unknown options, syntax errors, include. */
#include "conf_fixture.h"

START_TEST(an_unknown_option_is_named_with_the_nearest)
{
	refused("\nthread = 4\n", "2: unknown option 'thread' (did you mean 'threads'?)");
	refused("colour = red\n", "1: unknown option 'colour'\n");
	refused("zz = 1\n", "1: unknown option 'zz'\n");
	refused_in_source("\nrequre-https = true", "4: unknown option 'requre-https' (did you mean 'require-https'?)");
	refused_in_source("hook a {\n comand = '@/hook' }", "4: unknown option 'comand' (did you mean 'command'?)");
	refused_in_source("hook a { retry {\n frist = 5s } }", "4: unknown option 'frist' (did you mean 'first'?)");
	refused_in_source("signature { encodin = hex }", "3: unknown option 'encodin' (did you mean 'encoding'?)");
	refused_in_source("field /a {\n\n typ = string }", "5: unknown option 'typ' (did you mean 'type'?)");
}
END_TEST

START_TEST(syntax_errors_name_their_line)
{
	refused("threads 4\n", "1: missing equal sign after option 'threads'");
	refused("threads = 4\n}\n", "2: unexpected closing brace");
	refused("\nsource a {\n hook b {\n }\n", "2: this '{' is never closed");
	refused("\nlog = \"stderr\nthreads = 4\n", "2: this string has no closing quote on its line");
	refused("log = 'stderr\n", "1: this string has no closing quote on its line");
	refused("\n\n/* log = stderr\n", "3: this comment has no closing '*/'");
	refused("source {\n}\n", "1: missing title for section 'source'");
	refused("threads =\n", "2: premature end of file");
	refused("\nsource a { hook b.* { } }\n", "2: '*' outside quotes: put the text in quotes");
	refused("\nlog = a//b\n", "2: '//' inside a word: put the text in quotes");
	refused("log = a\001\n", "1: the byte 0x01 outside quotes");
	refused("log = 'a\001'\n", "1: the byte 0x01 in a string");
	refused("log = \xc3\xa9\n", "1: the byte 0xc3 outside quotes");
	refused("source a { b { c { d { e { f { g { h { i { j { k { l { m { n { o { p { q {\n", "1: too many braces");
}
END_TEST

START_TEST(lists_are_not_added_to)
{
	refused_in_source("id += { body:/b }", "3: '+' outside quotes");
}
END_TEST

START_TEST(an_included_file_keeps_its_own_lines)
{
	struct conf *conf;

	put("more", "\nthreads = 7\nsource b { path = /b unsigned = true event = digest id = digest }\n");
	conf = read_good("include('@/more')\nlog = syslog\n");
	ck_assert_uint_eq(conf->threads, 7);
	ck_assert_uint_eq(conf->sources[0].line, 3);
	ck_assert_str_eq(conf->log, "syslog");
	conf_free(conf);
	refused("# a\ninclude('@/more')\ncache = 1\n", "3: option 'cache' is a size");
	refused("include('@/more') source b {\n}\n", "1: source 'b' is there twice");
	put("more", "# a\nsource b { path = /b\n event = digest }\n\nfoo = 1\n");
	ck_assert_ptr_null(read_as("\n\ninclude('@/more')\n", 0));
	said("@/more:5: unknown option 'foo'\n");
	put("more", "# a\n\nsource b { path = /b\n event = nope }\n");
	ck_assert_ptr_null(read_as("\n\ninclude('@/more')\n", 0));
	said("@/more:4: option 'event': 'nope': ");
	said("@/more:3: source 'b' has no option 'id'");
}
END_TEST

START_TEST(a_bad_include_is_refused)
{
	refused("\ninclude('more')\n", "2: include takes one absolute path");
	refused("\ninclude('@/none')\n", "2: '@/none' can't be read: No such file or directory");
	put("more", "\ninclude('@/more')\n");
	ck_assert_ptr_null(read_as("include('@/more')\n", 0));
	said("@/more:2: include: more than 8 files deep\n");
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_parse");

	tcase_add_test(t, an_unknown_option_is_named_with_the_nearest);
	tcase_add_test(t, syntax_errors_name_their_line);
	tcase_add_test(t, lists_are_not_added_to);
	tcase_add_test(t, an_included_file_keeps_its_own_lines);
	tcase_add_test(t, a_bad_include_is_refused);
	return conf_run();
}
