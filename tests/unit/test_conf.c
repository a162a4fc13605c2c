/* The configuration as a whole: defaults, global options, look-ups, what ships with the program. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/conf/paths.h"
#include "conf_fixture.h"

START_TEST(an_empty_file_gives_every_default)
{
	struct conf *conf = read_good("");

	ck_assert_str_eq(conf->spool, HOOKSPOOL_SPOOLDIR);
	ck_assert_str_eq(conf->socket, HOOKSPOOL_RUNDIR "/submit.sock");
	ck_assert_str_eq(conf->control_socket, HOOKSPOOL_RUNDIR "/control.sock");
	ck_assert(conf->autostart);
	ck_assert(conf->sandbox);
	ck_assert_str_eq(conf->spooler, HOOKSPOOL_SPOOLER);
	ck_assert_str_eq(conf->log, "stderr");
	ck_assert_ptr_null(conf->user);
	ck_assert_ptr_null(conf->hook_user);
	ck_assert_ptr_null(conf->submit_group);
	ck_assert_uint_eq(conf->threads, 4);
	ck_assert_uint_eq(conf->deadline_ms, 4000);
	ck_assert_uint_eq(conf->max_running, 16);
	ck_assert_uint_eq(conf->max_queued, 1000000);
	ck_assert_uint_eq(conf->min_free, 64u << 20);
	ck_assert_uint_eq(conf->keep_ms, 30ull * 86400 * 1000);
	ck_assert_uint_eq(conf->dedup_ms, 30ull * 86400 * 1000);
	ck_assert_uint_eq(conf->max_rejected, 1000);
	ck_assert_uint_eq(conf->cache, 16u << 20);
	ck_assert_int_eq(conf->page_journal, PAGE_JOURNAL_AUTO);
	ck_assert_uint_eq(conf->nsources, 0);
	conf_free(conf);
}
END_TEST

START_TEST(every_global_option_is_read)
{
	struct conf *conf =
	    read_good("spool = '@/s' socket = '@/a' control-socket = '@/b' autostart = no spooler = /bin/x\n"
		      "log = syslog user = root hook-user = root submit-group = root threads = 8\n"
		      "deadline = 500ms max-running = 2 max-queued = 7 min-free = 1G keep = 2h dedup = 3d\n"
		      "max-rejected = 0 cache = 2M page-journal = off\n");

	ck_assert_str_eq(strrchr(conf->spool, '/'), "/s");
	ck_assert_str_eq(strrchr(conf->socket, '/'), "/a");
	ck_assert_str_eq(strrchr(conf->control_socket, '/'), "/b");
	ck_assert(!conf->autostart);
	ck_assert_str_eq(conf->spooler, "/bin/x");
	ck_assert_str_eq(conf->log, "syslog");
	ck_assert_str_eq(conf->user, "root");
	ck_assert_str_eq(conf->hook_user, "root");
	ck_assert_str_eq(conf->submit_group, "root");
	ck_assert_uint_eq(conf->threads, 8);
	ck_assert_uint_eq(conf->deadline_ms, 500);
	ck_assert_uint_eq(conf->max_running, 2);
	ck_assert_uint_eq(conf->max_queued, 7);
	ck_assert_uint_eq(conf->min_free, 1u << 30);
	ck_assert_uint_eq(conf->keep_ms, 2 * 3600 * 1000);
	ck_assert_uint_eq(conf->dedup_ms, 3 * 86400 * 1000);
	ck_assert_uint_eq(conf->max_rejected, 0);
	ck_assert_uint_eq(conf->cache, 2u << 20);
	ck_assert_int_eq(conf->page_journal, PAGE_JOURNAL_OFF);
	conf_free(conf);
}
END_TEST

START_TEST(paths_are_absolute_and_sockets_fit)
{
	char text[256] = "\nsocket = '/", *end = strchr(text, '\0');

	refused("\nspool = spool\n", "2: option 'spool' is an absolute path, not 'spool'");
	refused("spool = ''\n", "1: option 'spool' is empty");
	refused("socket = a.sock\n", "1: option 'socket' is an absolute path");
	refused("log = hookspool.log\n", "1: option 'log' is stderr, syslog or an absolute path");
	refused("socket = /x\n\ncontrol-socket = /x\n", "3: options 'socket' and 'control-socket' are the same path");
	memset(end, 'x', 107);
	strcpy(end + 107, "'\n");
	refused(text, "2: option 'socket': the path of a socket has at most 107 bytes, this one 108");
	strcpy(end + 106, "'\n");
	conf_free(read_good(text));
}
END_TEST

START_TEST(the_health_path_is_no_sources)
{
	refused("health-path = /h\nsource a { path = /h unsigned = true event = digest id = digest }\n",
	    "2: option 'path': '/h' is option 'health-path', too");
	refused("health-path = h\n", "1: option 'health-path' is an absolute path, not 'h'");
}
END_TEST

START_TEST(ids_are_remembered_as_long_as_events)
{
	refused("\nkeep = 7d\ndedup = 6d\n", "3: option 'dedup' (6d) is shorter than option 'keep'");
	refused("\nkeep = 31d\n", "2: option 'dedup' (30d by default) is shorter than option 'keep'");
	conf_free(read_good("keep = 7d dedup = 7d\n"));
}
END_TEST

START_TEST(users_and_groups_exist)
{
	refused("user = no-such-user\n", "1: option 'user': there is no user 'no-such-user'");
	refused("hook-user = no-such-user\n", "1: option 'hook-user': there is no user");
	refused("submit-group = no-such-group\n", "1: option 'submit-group': there is no group 'no-such-group'");
}
END_TEST

START_TEST(all_complaints_are_made_at_once)
{
	ck_assert_ptr_null(read_as("threads = 0\ncache = 0\n\nsource a {\n event = x\n}\n", 0));
	said("@/" MAIN ":1: option 'threads'");
	said("@/" MAIN ":2: option 'cache'");
	said("@/" MAIN ":4: source 'a' has no option 'path'");
	said("@/" MAIN ":4: source 'a' has no option 'secret-file', and doesn't say unsigned = true");
	said("@/" MAIN ":4: source 'a' has no signature");
	said("@/" MAIN ":4: source 'a' has no option 'id'");
	said("@/" MAIN ":5: option 'event'");
}
END_TEST

static const char *
title_for(const struct source *shop, const char *event)
{
	const struct hook *hook = conf_hook_for(shop, event);

	return hook == NULL ? "none" : hook->title;
}

START_TEST(the_most_specific_hook_wins)
{
	struct conf *conf =
	    good_source("hook '*.done' { command = '@/hook' } hook '?.done' { command = '@/hook' } hook 'order.*' { "
			"command = '@/hook' }\n"
			"hook 'order.p*' { command = '@/hook' } hook 'order.p?' { command = '@/hook' }\n"
			"hook order.paid { command = '@/hook' }");
	const struct source *shop = conf_source(conf, "shop");

	ck_assert_str_eq(title_for(shop, "order.paid"), "order.paid");
	ck_assert_str_eq(title_for(shop, "order.placed"), "order.p*");
	ck_assert_str_eq(title_for(shop, "order.px"), "order.p*"); /* a tie: the first in the file */
	ck_assert_str_eq(title_for(shop, "order.done"), "order.*");
	ck_assert_str_eq(title_for(shop, "a.done"), "*.done");
	ck_assert_str_eq(title_for(shop, "order"), "none");
	ck_assert_str_eq(title_for(shop, ""), "none");
	ck_assert_ptr_null(conf_hook(shop, "order.placed"));
	ck_assert_ptr_null(conf_source(conf, "Shop"));
	ck_assert_ptr_null(conf_source_at(conf, "/shop/"));
	conf_free(conf);
}
END_TEST

START_TEST(the_file_is_the_argument_or_the_variable_or_the_installed_one)
{
	setenv("HOOKSPOOL_CONF", "/b", 1);
	ck_assert_str_eq(conf_file("/a"), "/a");
	ck_assert_str_eq(conf_file(NULL), "/b");
	setenv("HOOKSPOOL_CONF", "", 1);
	ck_assert_str_eq(conf_file(NULL), HOOKSPOOL_SYSCONFDIR "/hookspool/hookspool.conf");
	unsetenv("HOOKSPOOL_CONF");
	ck_assert_str_eq(conf_file(NULL), HOOKSPOOL_SYSCONFDIR "/hookspool/hookspool.conf");
}
END_TEST

/* A file of the source tree, with each of FROM (up to NULL) replaced by what follows it.  Returns owned. */
static char *
shipped(const char *name, const char *const *from)
{
	const char *tree = getenv("HOOKSPOOL_SOURCE");
	char path[PATH_MAX], *text = NULL, *out = NULL;
	size_t size = 0, n = 0;
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s", tree != NULL ? tree : ".", name);
	stream = fopen(path, "r");
	ck_assert_msg(stream != NULL, "%s: %s; is HOOKSPOOL_SOURCE the source tree?", path, strerror(errno));
	ck_assert_int_gt(getdelim(&text, &size, '\0', stream), 0);
	fclose(stream);
	stream = open_memstream(&out, &size);
	for (const char *p = text; *p != '\0'; p += n) {
		const char *const *pair = from;

		while (pair[0] != NULL && strncmp(p, pair[0], strlen(pair[0])) != 0)
			pair += 2;
		n = pair[0] != NULL ? strlen(pair[0]) : 1;
		if (pair[0] != NULL)
			fputs(pair[1], stream);
		else
			fputc(*p, stream);
	}
	fclose(stream);
	free(text);
	return out;
}

START_TEST(the_preset_for_anycheck_is_what_its_page_says)
{
	static const char *const as_it_is[] = {NULL};
	char *text = shipped("src/presets/anycheck.conf", as_it_is);
	struct conf *conf;
	const struct source *shop;

	put("anycheck.conf", text);
	conf = good_source("preset = anycheck");
	shop = &conf->sources[0];
	ck_assert_int_eq(shop->signatures[0].algorithm, SIGNATURE_HMAC_SHA256);
	ck_assert_int_eq(shop->signatures[0].encoding, SIGNATURE_HEX);
	ck_assert_str_eq(shop->signatures[0].from->name, "HTTP_X_WEBHOOK_SIGNATURE");
	ck_assert_ptr_null(shop->signatures[0].split);
	ck_assert_ptr_null(shop->signatures[0].item);
	ck_assert_uint_eq(shop->signatures[0].nparts, 1);
	ck_assert_int_eq(shop->signatures[0].parts[0].kind, SIGNED_BODY);
	ck_assert_str_eq(shop->event->text, "body:/event");
	ck_assert_uint_eq(shop->nids, 2);
	ck_assert_str_eq(shop->ids[0]->text, "body:/verification_id");
	ck_assert_str_eq(shop->ids[1]->text, "body:/event");
	ck_assert_str_eq(shop->lane->text, "body:/verification_id");
	ck_assert_uint_eq(shop->nfields, 5);
	ck_assert_uint_eq(shop->nenv, 5);
	ck_assert_str_eq(shop->fields[3].selector->text, "/output");
	ck_assert_str_eq(shop->fields[3].when[0], "verification.completed");
	ck_assert_str_eq(shop->fields[4].selector->text, "/metadata");
	ck_assert(!shop->fields[4].required);
	ck_assert(shop->require_https);
	conf_free(conf);
	free(text);
}
END_TEST

/* The sample with paths that are here, behind a line that names the presets. */
static struct conf *
read_sample(const char *const *from)
{
	static const char *const as_it_is[] = {NULL};
	char *preset = shipped("src/presets/anycheck.conf", as_it_is),
	     *sample = shipped("contrib/hookspool.conf.sample", from), *text;
	struct conf *conf;

	put("anycheck.conf", preset);
	ck_assert_int_ne(asprintf(&text, HEAD "%s", sample), -1);
	conf = read_good(text);
	free(preset);
	free(sample);
	free(text);
	return conf;
}

#define SAMPLE_PATHS                                                                            \
	"/etc/hookspool/anycheck.secret", "@/secret", "/etc/hookspool/shop.secret", "@/secret", \
	    "/etc/hookspool/shop.token", "@/secret", "/usr/local/lib/hooks/approve", "@/hook",  \
	    "/usr/local/lib/hooks/review", "@/hook", "/usr/local/lib/hooks/log", "@/hook",      \
	    "/usr/local/lib/hooks/order", "@/hook", "/usr/local/lib/hooks/worker.py", "@/hook"

START_TEST(the_sample_is_good_and_shows_the_defaults)
{
	static const char *const as_it_is[] = {SAMPLE_PATHS, NULL};
	/* Not the presets, whose default isn't here, nor a group that some systems lack. */
	static const char *const all_on[] = {
	    SAMPLE_PATHS, "#presets", "# presets", "www-data", "root", "# ", "# ", "#", "", NULL};
	struct conf *off = read_sample(as_it_is), *on = read_sample(all_on);
	const struct hook *a = conf_hook_for(conf_source(off, "anycheck"), "verification.completed");
	const struct hook *b = conf_hook_for(conf_source(on, "anycheck"), "verification.completed");

	ck_assert_uint_eq(off->nsources, 1);
	ck_assert_uint_eq(on->nsources, 2);
	ck_assert_str_eq(on->log, off->log);
	ck_assert_uint_eq(on->autostart, off->autostart);
	ck_assert_uint_eq(on->sandbox, off->sandbox);
	ck_assert_uint_eq(on->threads, off->threads);
	ck_assert_uint_eq(on->deadline_ms, off->deadline_ms);
	ck_assert_uint_eq(on->max_running, off->max_running);
	ck_assert_uint_eq(on->max_queued, off->max_queued);
	ck_assert_uint_eq(on->min_free, off->min_free);
	ck_assert_uint_eq(on->keep_ms, off->keep_ms);
	ck_assert_uint_eq(on->dedup_ms, off->dedup_ms);
	ck_assert_uint_eq(on->max_rejected, off->max_rejected);
	ck_assert_uint_eq(on->cache, off->cache);
	ck_assert_int_eq(on->page_journal, off->page_journal);
	ck_assert_uint_eq(on->sources[0].max_body, off->sources[0].max_body);
	ck_assert_uint_eq(on->sources[0].max_depth, off->sources[0].max_depth);
	ck_assert_uint_eq(on->sources[0].require_https, off->sources[0].require_https);
	ck_assert_str_eq(b->directory, "/");
	ck_assert_uint_eq(b->timeout_ms, a->timeout_ms);
	ck_assert_uint_eq(b->grace_ms, a->grace_ms);
	ck_assert_uint_eq(b->max_running, a->max_running);
	ck_assert_uint_eq(b->output_max, a->output_max);
	ck_assert_uint_eq(b->backoff.first_ms, a->backoff.first_ms);
	ck_assert_uint_eq(b->backoff.factor, a->backoff.factor);
	ck_assert_uint_eq(b->backoff.max_ms, a->backoff.max_ms);
	ck_assert_uint_eq(b->backoff.give_up_ms, a->backoff.give_up_ms);
	conf_free(off);
	conf_free(on);
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf");

	tcase_add_test(t, an_empty_file_gives_every_default);
	tcase_add_test(t, every_global_option_is_read);
	tcase_add_test(t, paths_are_absolute_and_sockets_fit);
	tcase_add_test(t, the_health_path_is_no_sources);
	tcase_add_test(t, ids_are_remembered_as_long_as_events);
	tcase_add_test(t, users_and_groups_exist);
	tcase_add_test(t, all_complaints_are_made_at_once);
	tcase_add_test(t, the_most_specific_hook_wins);
	tcase_add_test(t, the_file_is_the_argument_or_the_variable_or_the_installed_one);
	tcase_add_test(t, the_preset_for_anycheck_is_what_its_page_says);
	tcase_add_test(t, the_sample_is_good_and_shows_the_defaults);
	return conf_run();
}
