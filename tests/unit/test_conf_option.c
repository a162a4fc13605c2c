/* Options: from text to value, with a range. */
#include <stdlib.h>

#include "conf_fixture.h"

START_TEST(numbers_durations_and_sizes_have_ranges)
{
	refused("threads = 65\n", "1: option 'threads' is a number from 1 to 64, not '65'");
	refused("threads = -1\n", "1: option 'threads' is a number");
	refused("threads = 4k\n", "1: option 'threads' is a number");
	refused("threads = ''\n", "1: option 'threads' is a number");
	refused("deadline = 99ms\n",
	    "1: option 'deadline' is a duration (digits and ms, s, m, h or d) from 100ms to 60s, not");
	refused("deadline = 61s\n", "1: option 'deadline' is a duration");
	refused("deadline = 4\n", "1: option 'deadline' is a duration");
	refused("max-running = 1025\n", "1: option 'max-running' is a number from 1 to 1024");
	refused("max-queued = 0\n", "1: option 'max-queued' is a number from 1 to 1000000000");
	refused("min-free = lots\n", "1: option 'min-free' is a size");
	refused("cache = 1023k\n",
	    "1: option 'cache' is a size (digits, and perhaps k, M or G) from 1M to 1G, not '1023k'");
	refused("cache = 2G\n", "1: option 'cache' is a size");
	refused("max-rejected = 1000001\n", "1: option 'max-rejected' is a number");
	refused("keep = 99999999999999999999d\n", "1: option 'keep' is a duration");
	refused("autostart = perhaps\n", "1: option 'autostart' is true or false, not 'perhaps'");
	refused_in_source("max-body = 65M", "3: option 'max-body' is a size");
	refused_in_source("max-depth = 513", "3: option 'max-depth' is a number from 1 to 512");
	refused_in_source("hook a { command = '@/hook'\ntimeout = 25h }", "4: option 'timeout' is a duration");
	refused_in_source("hook a { command = '@/hook'\ngrace = 11m }", "4: option 'grace' is a duration");
	refused_in_source("hook a { command = '@/hook'\noutput = 17k }", "4: option 'output' is a size");
	refused_in_source("hook a { command = '@/hook'\nretry { factor = 0 } }", "4: option 'factor' is a number");
	refused_in_source(
	    "hook a { command = '@/hook'\nretry { first = 2h } }", "4: option 'first' of 'retry' is more than");
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_option");

	tcase_add_test(t, numbers_durations_and_sizes_have_ranges);
	return conf_run();
}
