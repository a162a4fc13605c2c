/* Whether a configuration's files are as they were when it was read. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf_fixture.h"

static struct conf_stamps stamps;

static struct conf *
read_stamped(unsigned what)
{
	char path[PATH_MAX];
	FILE *nowhere = fopen("/dev/null", "w");
	struct conf *conf;

	ck_assert_ptr_nonnull(nowhere);
	snprintf(path, sizeof(path), "%s/" MAIN, directory);
	conf = conf_read_stamped(path, what, nowhere, &stamps);
	fclose(nowhere);
	return conf;
}

/* A configuration that includes its source, with all that this needs. */
static void
put_all(void)
{
	char *text = source("");

	put("more.conf", "threads = 1\n");
	put("outer.conf", text);
	put(MAIN, "include('@/more.conf')\ninclude('@/outer.conf')\n");
	free(text);
}

/* Whether a change of the file NAME is seen. */
static void
is_seen(const char *name, bool seen)
{
	conf_free(read_stamped(CONF_SECRETS));
	ck_assert(!conf_stamps_changed(&stamps));
	put(name, "# another text, of another length\n");
	ck_assert_msg(conf_stamps_changed(&stamps) == seen, "%s", name);
}

START_TEST(every_file_that_was_read_counts)
{
	static const char *const names[] = {MAIN, "more.conf", "outer.conf", "plain.conf", "secret"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		put_all();
		put("plain.conf",
		    "signature { algorithm = hmac-sha256 from = header:X-Signature }\n"
		    "event = body:/type\nid = { body:/id }\n");
		put("secret", "correct horse\n");
		is_seen(names[i], true);
	}
	put_all();
	is_seen("data", false);
	conf_stamps_clear(&stamps);
}
END_TEST

START_TEST(secrets_count_only_where_they_are_read)
{
	put_all();
	conf_free(read_stamped(0));
	put("secret", "another one\n");
	ck_assert(!conf_stamps_changed(&stamps));
	conf_stamps_clear(&stamps);
}
END_TEST

START_TEST(a_file_that_goes_or_comes_has_changed)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/more.conf", directory);
	put_all();
	conf_free(read_stamped(0));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert(conf_stamps_changed(&stamps));
	ck_assert_ptr_null(read_stamped(0)); /* refused, and remembered */
	ck_assert(!conf_stamps_changed(&stamps));
	put("more.conf", "threads = 1\n");
	ck_assert(conf_stamps_changed(&stamps));
	conf_stamps_clear(&stamps);
}
END_TEST

static void
written_ago(const char *name, time_t seconds)
{
	char path[PATH_MAX];
	struct timespec now, times[2];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	clock_gettime(CLOCK_REALTIME, &now);
	times[0] = times[1] = (struct timespec){now.tv_sec - seconds, now.tv_nsec};
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

START_TEST(what_is_being_written_has_not_settled)
{
	static const char *const read[] = {MAIN, "more.conf", "outer.conf", "plain.conf"};

	put_all();
	conf_free(read_stamped(0));
	for (size_t i = 0; i < sizeof(read) / sizeof(read[0]); i++)
		written_ago(read[i], 60);
	ck_assert(conf_stamps_settled(&stamps, 30000));
	written_ago("more.conf", 10);
	ck_assert(!conf_stamps_settled(&stamps, 30000));
	ck_assert(conf_stamps_settled(&stamps, 5000));
	written_ago("more.conf", -100);
	ck_assert(conf_stamps_settled(&stamps, 30000));
	conf_stamps_clear(&stamps);
}
END_TEST

START_TEST(the_first_is_the_file_itself)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" MAIN, directory);
	ck_assert_ptr_null(conf_stamps_file(&stamps));
	ck_assert(!conf_stamps_changed(&stamps));
	put_all();
	conf_free(read_stamped(0));
	ck_assert_str_eq(conf_stamps_file(&stamps), path);
	conf_stamps_clear(&stamps);
	ck_assert_ptr_null(conf_stamps_file(&stamps));
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_stamp");

	tcase_add_test(t, every_file_that_was_read_counts);
	tcase_add_test(t, secrets_count_only_where_they_are_read);
	tcase_add_test(t, a_file_that_goes_or_comes_has_changed);
	tcase_add_test(t, what_is_being_written_has_not_settled);
	tcase_add_test(t, the_first_is_the_file_itself);
	return conf_run();
}
