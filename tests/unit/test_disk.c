/* What /sys says of disks, in a directory that looks like it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/lib/disk.h"

static char dir[32];

static void
set_up(void)
{
	strcpy(dir, "/tmp/test_disk.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
shell(const char *command)
{
	char line[600];

	snprintf(line, sizeof line, "cd %s && { %s; }", dir, command);
	ck_assert_int_eq(system(line), 0);
}

static void
tear_down(void)
{
	shell("rm -r ./* && rmdir \"$PWD\"");
}

#define DISK(name, logical, physical)                                                                                \
	"mkdir -p " name "/queue && echo " logical " >" name "/queue/logical_block_size && echo " physical " >" name \
	"/queue/physical_block_size;"

static const struct {
	const char *make, *what;
	bool whole;
} cases[] = {
    {DISK("sda", "4096", "4096") "ln -s sda 8:1", "sda writes 4096 bytes at a time", true},
    {DISK("sda", "512", "512") "ln -s sda 8:1", "sda writes 512 bytes at a time", false},
    {DISK("sda", "512", "4096") "ln -s sda 8:1", "sda writes 512 bytes at a time", false},
    {DISK("sda", "4096",
	 "4096") "mkdir sda/sda1 && echo 1 >sda/sda1/partition && echo 2048 >sda/sda1/start && ln -s sda/sda1 8:1",
	"sda writes 4096 bytes at a time", true},
    {DISK("sda", "4096",
	 "4096") "mkdir sda/sda1 && echo 1 >sda/sda1/partition && echo 63 >sda/sda1/start && ln -s sda/sda1 8:1",
	"sda1 does not begin at a multiple of 4096 bytes", false},
    {DISK("dm-0", "4096", "4096") DISK("sda", "4096", "4096")
	    DISK("sdb", "512", "512") "mkdir dm-0/slaves && ln -s ../../sda dm-0/slaves/sda && "
				      "ln -s ../../sdb dm-0/slaves/sdb && ln -s dm-0 8:1",
	"sdb writes 512 bytes at a time", false},
    {DISK("dm-0", "4096", "4096")
	    DISK("sda", "4096", "4096") "mkdir dm-0/slaves && ln -s ../../sda dm-0/slaves/sda && ln -s dm-0 8:1",
	"sda writes 4096 bytes at a time", true},
    {DISK("md0", "4096", "4096") "mkdir md0/md && echo 256 >md0/md/stripe_cache_size && ln -s md0 8:1",
	"nothing is known of md0", false},
    {DISK("loop0", "4096", "4096") "mkdir loop0/loop && echo /file >loop0/loop/backing_file && ln -s loop0 8:1",
	"nothing is known of loop0", false},
    {"mkdir sda && ln -s sda 8:1", "nothing is known of sda", false},
    {"mkdir sda", "nothing is known of its disk", false},
};

START_TEST(what_a_disk_says_is_believed_and_what_it_does_not_is_no)
{
	struct disk disk;

	shell(cases[_i].make);
	disk_look_at(dir, 8, 1, 4096, &disk);
	ck_assert_str_eq(disk.what, cases[_i].what);
	ck_assert_int_eq(disk.whole, cases[_i].whole);
}
END_TEST

START_TEST(of_a_directory_that_is_not_there_nothing_is_known)
{
	struct disk disk;

	disk_look("/nowhere/at/all", 4096, &disk);
	ck_assert(!disk.whole);
	shell("touch here");
	disk_look("/dev/shm", 4096, &disk);
	ck_assert(disk.whole || strstr(disk.what, "memory") == NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("disk");
	TCase *tcase = tcase_create("disk");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(
	    tcase, what_a_disk_says_is_believed_and_what_it_does_not_is_no, 0, (int)(sizeof cases / sizeof cases[0]));
	tcase_add_test(tcase, of_a_directory_that_is_not_there_nothing_is_known);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
