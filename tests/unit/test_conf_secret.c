/* Secret files. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf_fixture.h"

static const struct secret *
secret_of(struct conf **conf, const char *bytes, size_t len)
{
	put_bytes("secret", bytes, len, 0600);
	*conf = good_source("");
	return &(*conf)->sources[0].secrets[0];
}

START_TEST(a_secret_is_a_line_of_its_file)
{
	static const struct {
		const char *file, *secret, *second;
	} cases[] = {{"abc", "abc", NULL}, {"abc\n", "abc", NULL}, {"abc\r\n", "abc", NULL}, {"abc\n\n", "abc", NULL},
	    {" a b ", " a b ", NULL}, {"a", "a", NULL}, {"\n\na\nb\r\n\r\n", "a", "b"},
	    {"\xc3\xa4\n#b", "\xc3\xa4", "#b"}};
	struct conf *conf;
	const struct secret *secret;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		secret = secret_of(&conf, cases[i].file, strlen(cases[i].file));
		ck_assert_uint_eq(secret->len, strlen(cases[i].secret));
		ck_assert_mem_eq(secret->bytes, cases[i].secret, secret->len);
		ck_assert_uint_eq(secret->line, 2);
		ck_assert_uint_eq(conf->sources[0].nsecrets, cases[i].second != NULL ? 2 : 1);
		if (cases[i].second != NULL)
			ck_assert_mem_eq(secret[1].bytes, cases[i].second, secret[1].len);
		conf_free(conf);
	}
	secret = secret_of(&conf, "\n\na\nb", 5);
	ck_assert_uint_eq(secret[0].file_line, 3);
	ck_assert_uint_eq(secret[1].file_line, 4);
	conf_free(conf);
}
END_TEST

START_TEST(raw_bytes_are_no_secret)
{
	static const char *const cases[] = {"a\001b", "a\tb", "\377\376", "a\rb", "a\177"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_bytes("secret", cases[i], strlen(cases[i]), 0600);
		refused_in_source("", "2: option 'secret-file': '@/secret' has bytes in line 1 that are not text");
	}
	put_bytes("secret", "good\na\0b\n", 9, 0600);
	refused_in_source("", "2: option 'secret-file': '@/secret' has bytes in line 2 that are not text");
}
END_TEST

START_TEST(a_secret_has_1_to_1024_bytes)
{
	char bytes[1027];
	struct conf *conf;

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes + 1024, "\r\n", 2);
	ck_assert_uint_eq(secret_of(&conf, bytes, 1026)->len, 1024);
	conf_free(conf);
	ck_assert_uint_eq(secret_of(&conf, bytes, 1027)->len, 1024);
	ck_assert_uint_eq(conf->sources[0].nsecrets, 2);
	conf_free(conf);
	bytes[1024] = 'x';
	put_bytes("secret", bytes, 1025, 0600);
	refused_in_source("", "2: option 'secret-file': '@/secret' has more than 1024 bytes in line 1");
	put_bytes("secret", "", 0, 0600);
	refused_in_source("", "2: option 'secret-file': '@/secret' is empty");
	put_bytes("secret", "\r\n", 2, 0600);
	refused_in_source("", "2: option 'secret-file': '@/secret' is empty");
}
END_TEST

START_TEST(a_secret_file_is_regular_and_private)
{
	put_bytes("secret", "abc", 3, 0644);
	refused_in_source("", "2: option 'secret-file': '@/secret' is readable by others (mode 0644); chmod 600");
	put_bytes("secret", "abc", 3, 0602);
	refused_in_source("", "2: option 'secret-file': '@/secret' is usable by others (mode 0602); chmod 600");
	put_bytes("secret", "abc", 3, 0640);
	conf_free(good_source(""));
	refused_in_source("secret-file = '@'", "3: option 'secret-file': '@' is not a regular file");
	refused_in_source("secret-file = /dev/null", "3: option 'secret-file': '/dev/null' is not a regular file");
	refused_in_source("secret-file = { '@/secret',\n '@/none' }",
	    "4: option 'secret-file': '@/none' can't be read: No such file or directory");
	refused_in_source("secret-file = secret", "3: option 'secret-file' is an absolute path, not 'secret'");
	refused_in_source(
	    "secret-file = { /1, /2, /3, /4, /5, /6, /7, /8, /9 }", "3: option 'secret-file': more than 8 files");
	put_bytes("secret", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", 18, 0600);
	refused_in_source("", "2: option 'secret-file': more than 8 secrets");
}
END_TEST

START_TEST(secrets_are_read_only_when_asked_for)
{
	char *text = source("");
	struct conf *conf = read_as(text, 0);

	ck_assert_ptr_nonnull(conf);
	ck_assert_uint_eq(conf->sources[0].nsecrets, 1);
	ck_assert_ptr_null(conf->sources[0].secrets[0].bytes);
	conf_free(conf);
	free(text);
	text = source("secret-file = '@/none'");
	refused_as(text, "3: option 'secret-file': '@/none' can't be read: No such file or directory", 0);
	free(text);
}
END_TEST

START_TEST(a_secret_that_others_may_change_or_exchange_is_refused)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/in", directory);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	put_bytes("in/secret", "abc", 3, 0660);
	refused_in_source("secret-file = '@/in/secret'",
	    "3: option 'secret-file': '@/in/secret' may be written to by its group (mode 0660); chmod go-w");
	change("in/secret", 0640);
	conf_free(good_source("secret-file = '@/in/secret'"));
	change("in", 0770);
	refused_in_source("secret-file = '@/in/secret'",
	    "3: option 'secret-file': '@/in/secret' is in the directory '@/in', which may be written to by its group");
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_secret");

	tcase_add_test(t, a_secret_is_a_line_of_its_file);
	tcase_add_test(t, raw_bytes_are_no_secret);
	tcase_add_test(t, a_secret_has_1_to_1024_bytes);
	tcase_add_test(t, a_secret_file_is_regular_and_private);
	tcase_add_test(t, secrets_are_read_only_when_asked_for);
	tcase_add_test(t, a_secret_that_others_may_change_or_exchange_is_refused);
	return conf_run();
}
