/* Mapped variables. */
#include <stdio.h>
#include <string.h>

#include "conf_fixture.h"

START_TEST(names_of_variables_are_safe)
{
	static const char *const names[] = {"HOOKSPOOL_X", "LD_PRELOAD", "DYLD_X", "BASH_ENV", "BASH_FUNC_X",
	    "PYTHONPATH", "PERL5OPT", "RUBYOPT", "NODE_OPTIONS", "GIT_DIR", "MALLOC_CHECK_", "PATH", "IFS", "ENV",
	    "SHELL", "HOME", "USER", "LOGNAME", "PWD", "CDPATH", "SHELLOPTS", "BASHOPTS", "PS4", "TMPDIR", "TZ", "LANG",
	    "LC_ALL", "GLIBC_TUNABLES", "GCONV_PATH", "NLSPATH", "LOCPATH", "OPENSSL_CONF", "HTTP_PROXY"};
	static const char *const bad[] = {"", "a", "A-B", "1A", "A B", "\xc3\x89"};
	char body[512];
	struct conf *conf;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(body, sizeof(body), "env = { 'GOOD=digest',\n'%s=digest' }", names[i]);
		refused_in_source(body, "4: option 'env': '");
		said("' could change how a program runs; choose another name");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(body, sizeof(body), "env = '%s=digest'", bad[i]);
		refused_in_source(body, "3: option 'env': '");
		said("' is not a name of A-Z, 0-9 and _ with at most 64 characters");
	}
	refused_in_source("env = NAME", "3: option 'env' has NAME=selector, not 'NAME'");
	refused_in_source("env = 'NAME=nope'", "3: option 'env': 'nope': ");
	refused_in_source("env = { 'A=digest',\n 'A=body:/b' }", "4: option 'env': 'A' is there twice");
	snprintf(body, sizeof(body), "env = { '%064d=digest' }", 0);
	body[9] = 'A';
	conf = good_source(body);
	ck_assert_uint_eq(strlen(conf->sources[0].env[0].name), 64);
	conf_free(conf);
	snprintf(body, sizeof(body), "env = { 'A%064d=digest' }", 0);
	refused_in_source(body, "3: option 'env': 'A0");
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_env");

	tcase_add_test(t, names_of_variables_are_safe);
	return conf_run();
}
