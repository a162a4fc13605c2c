/*
 * The configuration: defaults, presets, what is refused and where that is said.  Each test has a directory of its own
 * with a secret, a hook and a preset; '@' in the texts below stands for that directory.
 */
#include "../../src/conf/conf.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/conf/paths.h"
#include "../../src/lib/glob.h"
#include "../../src/lib/json.h"

#define MAIN "hookspool.conf"
#define NOBODY 65534
#define HEAD "presets = '@'\n"

static char directory[] = "/tmp/hookspool-conf-XXXXXX";
static char *errors;

/* TEXT with each '@' replaced by the directory.  Returns owned. */
static char *
expand(const char *text)
{
	char *out = NULL;
	size_t size;
	FILE *stream = open_memstream(&out, &size);

	for (; *text != '\0'; text++) {
		if (*text == '@')
			fputs(directory, stream);
		else
			fputc(*text, stream);
	}
	fclose(stream);
	return out;
}

static void
put_bytes(const char *name, const void *bytes, size_t len, mode_t mode)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

static void
put(const char *name, const char *text)
{
	char *expanded = expand(text);

	put_bytes(name, expanded, strlen(expanded), 0600);
	free(expanded);
}

/* The file as it is. */
static struct conf *
read_again(unsigned what)
{
	char path[PATH_MAX];
	size_t size;
	FILE *stream;
	struct conf *conf;

	snprintf(path, sizeof(path), "%s/%s", directory, MAIN);
	free(errors);
	errors = NULL;
	stream = open_memstream(&errors, &size);
	conf = conf_read(path, what, stream);
	fclose(stream);
	return conf;
}

static struct conf *
read_as(const char *text, unsigned what)
{
	put(MAIN, text);
	return read_again(what);
}

static struct conf *
read_good(const char *text)
{
	struct conf *conf = read_as(text, CONF_SECRETS | CONF_HOOKS);

	ck_assert_msg(conf != NULL, "refused: %s", errors);
	ck_assert_str_eq(errors, "");
	return conf;
}

static void
said(const char *line)
{
	char *expanded = expand(line);

	ck_assert_msg(strstr(errors, expanded) != NULL, "expected \"%s\", found \"%s\"", expanded, errors);
	free(expanded);
}

/* TEXT is refused, and one complaint begins with LINE: "3: unknown option" means that of line 3 of the file. */
static void
refused_as(const char *text, const char *line, unsigned what)
{
	char start[4096];

	snprintf(start, sizeof(start), "@/" MAIN ":%s", line);
	ck_assert_msg(read_as(text, what) == NULL, "accepted: %s", text);
	said(start);
}

/* A complaint about a line of the secret file. */
static void
refused_secret(const char *text, const char *line)
{
	char start[4096];

	snprintf(start, sizeof(start), "@/secret:%s", line);
	ck_assert_msg(read_as(text, CONF_SECRETS | CONF_HOOKS) == NULL, "accepted: %s", text);
	said(start);
}

static void
refused(const char *text, const char *line)
{
	refused_as(text, line, CONF_SECRETS | CONF_HOOKS);
}

/* A source that is complete but for BODY, in the lines after the first two. */
static char *
source(const char *body)
{
	char *text;

	ck_assert_int_ne(
	    asprintf(&text, HEAD "source shop { path = /shop secret-file = '@/secret' preset = plain\n%s\n}\n", body),
	    -1);
	return text;
}

static void
refused_secret_in_source(const char *body, const char *line)
{
	char *text = source(body);

	refused_secret(text, line);
	free(text);
}

static void
refused_in_source(const char *body, const char *line)
{
	char *text = source(body);

	refused(text, line);
	free(text);
}

static struct conf *
good_source(const char *body)
{
	char *text = source(body);
	struct conf *conf = read_good(text);

	free(text);
	return conf;
}

static void
set_up(void)
{
	strcpy(strrchr(directory, '-') + 1, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	put("secret", "correct horse\n");
	put("plain.conf",
	    "signature { algorithm = hmac-sha256 from = header:X-Signature }\n"
	    "event = body:/type\nid = { body:/id }\n");
	put_bytes("hook", "#!/bin/sh\n", 10, 0700);
	put_bytes("data", "", 0, 0600);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
tear_down(void)
{
	nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(errors);
	errors = NULL;
}

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
	ck_assert_uint_eq(conf->nsources, 0);
	conf_free(conf);
}
END_TEST

START_TEST(a_source_and_a_hook_have_defaults)
{
	struct conf *conf = good_source("hook a { command = '@/hook' }");
	const struct source *shop = conf_source(conf, "shop");
	const struct hook *hook = conf_hook(shop, "a");

	ck_assert(shop->require_https);
	ck_assert(!shop->unsigned_allowed);
	ck_assert_uint_eq(shop->max_body, 1u << 20);
	ck_assert_uint_eq(shop->max_depth, 64);
	ck_assert_ptr_null(shop->url);
	ck_assert_ptr_null(shop->lane);
	ck_assert_uint_eq(shop->line, 2);
	ck_assert_int_eq(shop->signatures[0].encoding, SIGNATURE_HEX);
	ck_assert_ptr_null(shop->signatures[0].split);
	ck_assert_ptr_null(shop->signatures[0].item);
	ck_assert_uint_eq(shop->signatures[0].nparts, 1);
	ck_assert_int_eq(shop->signatures[0].parts[0].kind, SIGNED_BODY);
	ck_assert_ptr_null(hook->directory);
	ck_assert_ptr_null(hook->command[1]);
	ck_assert_uint_eq(hook->timeout_ms, 30000);
	ck_assert_uint_eq(hook->grace_ms, 5000);
	ck_assert_uint_eq(hook->max_running, 0);
	ck_assert_uint_eq(hook->output_max, 4096);
	ck_assert_uint_eq(hook->backoff.first_ms, 5000);
	ck_assert_uint_eq(hook->backoff.factor, 5);
	ck_assert_uint_eq(hook->backoff.max_ms, 3600 * 1000);
	ck_assert_uint_eq(hook->backoff.give_up_ms, 24 * 3600 * 1000);
	conf_free(conf);
}
END_TEST

START_TEST(every_global_option_is_read)
{
	struct conf *conf =
	    read_good("spool = '@/s' socket = '@/a' control-socket = '@/b' autostart = no spooler = /bin/x\n"
		      "log = syslog user = root hook-user = root submit-group = root threads = 8\n"
		      "deadline = 500ms max-running = 2 max-queued = 7 min-free = 1G keep = 2h dedup = 3d\n"
		      "max-rejected = 0 cache = 2M\n");

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
	conf_free(conf);
}
END_TEST

START_TEST(every_option_of_a_source_is_read)
{
	struct conf *conf = good_source(
	    "url = 'https://shop.example/in?x=1' require-https = false max-body = 2k max-depth = 5\n"
	    "signature { algorithm = hmac-sha512 from = query:sig split = ', ' item = 'v1=' encoding = base64\n"
	    "            signed = '{{{method}{{}:{url} {header:X-Time}.{body}' }\n"
	    "event = header:X-Event id = { body:/id, query:n, header:X-Id, digest } lane = body:/lane\n"
	    "field '/a~1b' { type = { string, null } required = true one-of = { x, '' } when = { 'a*', b } }\n"
	    "env = { 'A_1=body:/a', 'B=digest' }\n"
	    "hook 'a.*' { command = { '@/hook', '${not expanded}', '' } directory = '@' timeout = 100ms grace = 0s\n"
	    "             max-running = 3 output = 0 retry { first = 10ms factor = 1 max = 1d give-up = 0s } }");
	const struct source *shop = conf_source_at(conf, "/shop");
	const struct signed_part *parts = shop->signatures[0].parts;
	const struct hook *hook = conf_hook(shop, "a.*");

	ck_assert_str_eq(shop->url, "https://shop.example/in?x=1");
	ck_assert(!shop->require_https);
	ck_assert_uint_eq(shop->max_body, 2048);
	ck_assert_uint_eq(shop->max_depth, 5);
	ck_assert_int_eq(shop->signatures[0].algorithm, SIGNATURE_HMAC_SHA512);
	ck_assert_int_eq(shop->signatures[0].encoding, SIGNATURE_BASE64);
	ck_assert_int_eq(shop->signatures[0].from->kind, SELECTOR_QUERY);
	ck_assert_str_eq(shop->signatures[0].split, ", ");
	ck_assert_str_eq(shop->signatures[0].item, "v1=");
	ck_assert_uint_eq(shop->signatures[0].nparts, 8);
	ck_assert_str_eq(parts[0].text, "{");
	ck_assert_int_eq(parts[1].kind, SIGNED_METHOD);
	ck_assert_str_eq(parts[2].text, "{}:");
	ck_assert_int_eq(parts[3].kind, SIGNED_URL);
	ck_assert_str_eq(parts[4].text, " ");
	ck_assert_int_eq(parts[5].kind, SIGNED_HEADER);
	ck_assert_str_eq(parts[5].text, "HTTP_X_TIME");
	ck_assert_str_eq(parts[6].text, ".");
	ck_assert_int_eq(parts[7].kind, SIGNED_BODY);
	ck_assert_str_eq(shop->event->name, "HTTP_X_EVENT");
	ck_assert_uint_eq(shop->nids, 4);
	ck_assert_int_eq(shop->ids[3]->kind, SELECTOR_DIGEST);
	ck_assert_str_eq(shop->lane->pointer.tokens[0], "lane");
	ck_assert_uint_eq(shop->nfields, 1);
	ck_assert_str_eq(shop->fields[0].selector->pointer.tokens[0], "a/b");
	ck_assert_uint_eq(shop->fields[0].types, 1u << JSON_STRING | 1u << JSON_NULL);
	ck_assert(shop->fields[0].required);
	ck_assert_str_eq(shop->fields[0].one_of[1], "");
	ck_assert_ptr_null(shop->fields[0].one_of[2]);
	ck_assert_str_eq(shop->fields[0].when[0], "a*");
	ck_assert_uint_eq(shop->nenv, 2);
	ck_assert_str_eq(shop->env[0].name, "A_1");
	ck_assert_int_eq(shop->env[1].selector->kind, SELECTOR_DIGEST);
	ck_assert_str_eq(hook->command[1], "${not expanded}");
	ck_assert_str_eq(hook->command[2], "");
	ck_assert_ptr_null(hook->command[3]);
	ck_assert_str_eq(hook->directory, directory);
	ck_assert_uint_eq(hook->timeout_ms, 100);
	ck_assert_uint_eq(hook->grace_ms, 0);
	ck_assert_uint_eq(hook->max_running, 3);
	ck_assert_uint_eq(hook->output_max, 0);
	ck_assert_uint_eq(hook->backoff.first_ms, 10);
	ck_assert_uint_eq(hook->backoff.factor, 1);
	ck_assert_uint_eq(hook->backoff.max_ms, 86400 * 1000);
	ck_assert_uint_eq(hook->backoff.give_up_ms, 0);
	conf_free(conf);
}
END_TEST

START_TEST(comments_and_layout_do_not_move_line_numbers)
{
	refused("# one\n// two { \"\n/* three\n   'four\n*/ threads = 4 # five\nlog = { # six\r\n}\n",
	    "6: unexpected token '{'");
	refused("/* a */ /* b */ # c\n\n\tthreads = 0\n", "3: option 'threads' is a number from 1 to 64, not '0'");
}
END_TEST

START_TEST(a_comment_may_stand_inside_a_list)
{
	struct conf *conf = good_source("hook a { command = { '@/hook', # the program\n /* its */ 'argument' } }");

	ck_assert_str_eq(conf->sources[0].hooks[0].command[1], "argument");
	conf_free(conf);
}
END_TEST

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

START_TEST(the_environment_is_not_expanded)
{
	struct conf *conf;

	setenv("HOOKSPOOL_TEST", "syslog", 1);
	refused("\nlog = \"${HOOKSPOOL_TEST}\"\n", "2: '${' in a string: variables are not expanded here");
	refused("log = ${HOOKSPOOL_TEST}\n", "1: '$' outside quotes");
	conf = read_good("log = '/${HOOKSPOOL_TEST}'\n");
	ck_assert_str_eq(conf->log, "/${HOOKSPOOL_TEST}");
	conf_free(conf);
	unsetenv("HOOKSPOOL_TEST");
}
END_TEST

START_TEST(escapes_are_few)
{
	struct conf *conf = read_good("log = \"/a\\\"\\\\\\tb$\"\n");

	ck_assert_str_eq(conf->log, "/a\"\\\tb$");
	conf_free(conf);
	conf = read_good("log = '/a\\'b\\n'\n");
	ck_assert_str_eq(conf->log, "/a'b\\n");
	conf_free(conf);
	refused("log = \"/\\0\"\n", "1: a backslash before '0' in a string");
	refused("log = \"/\\x41\"\n", "1: a backslash before 'x' in a string");
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_named)
{
	char path[PATH_MAX];
	size_t size;
	FILE *stream;

	snprintf(path, sizeof(path), "%s/none", directory);
	free(errors);
	stream = open_memstream(&errors, &size);
	ck_assert_ptr_null(conf_read(path, 0, stream));
	ck_assert_ptr_null(conf_read(directory, 0, stream));
	fclose(stream);
	said("@/none: can't be read: No such file or directory\n");
	said("@: can't be read: Is a directory\n");
}
END_TEST

START_TEST(a_huge_file_is_refused)
{
	char *text = malloc((1u << 20) + 2);

	memset(text, ' ', (1u << 20) + 1);
	text[(1u << 20) + 1] = '\0';
	ck_assert_ptr_null(read_as(text, 0));
	said("@/" MAIN ": can't be read: File too large\n");
	free(text);
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

START_TEST(sources_differ_in_name_and_path)
{
	refused("source a { path = /a unsigned = true event = digest id = digest }\n\nsource a {\n}\n",
	    "3: source 'a' is there twice");
	refused("source a { path = /a unsigned = true event = digest id = digest }\n"
		"source b { unsigned = true event = digest id = digest\n path = /a }\n",
	    "3: option 'path': '/a' is the path of source 'a' too");
	refused("\nsource 'a/b' { }\n", "2: source 'a/b': a name has 1 to 64 letters");
	refused("\nsource '' { }\n", "2: source '': a name has");
	refused_in_source("path = shop", "3: option 'path' is an absolute path");
	refused_in_source("path = '/a b'", "3: option 'path' has at most 255 printable characters");
	refused_in_source("path = '/a?b'", "3: option 'path' has at most");
	refused_in_source("url = shop.example", "3: option 'url' is a whole https:// or http:// URL");
}
END_TEST

START_TEST(an_unsigned_source_says_so_and_has_no_secret)
{
	struct conf *conf = read_good(HEAD "source a { path = /a unsigned = true preset = plain }\n");

	ck_assert(conf->sources[0].unsigned_allowed);
	ck_assert_uint_eq(conf->sources[0].nsignatures, 0);
	conf_free(conf);
	refused_in_source("unsigned = true", "2: option 'secret-file' beside unsigned = true");
	refused("source a { path = /a unsigned = true event = digest id = digest\n"
		" signature { algorithm = hmac-sha256 from = header:X } }\n",
	    "2: a signature section beside unsigned = true");
	refused(HEAD "source a { path = /a preset = plain }\n", "2: source 'a' has no option 'secret-file'");
}
END_TEST

START_TEST(a_signature_rule_is_complete)
{
	refused_in_source("signature {\n}", "3: the signature of source 'shop' lacks option 'algorithm'");
	said("3: the signature of source 'shop' lacks option 'from'");
	refused_in_source("signature { from = header:X\nalgorithm = md5 }",
	    "4: option 'algorithm' is hmac-sha256, hmac-sha512, hmac-sha1, ed25519, token, bearer or basic, not 'md5'");
	refused_in_source("signature { algorithm = hmac-sha1 from = header:X\nencoding = octal }",
	    "4: option 'encoding' is hex or base64, not 'octal'");
	refused_in_source("signature { algorithm = hmac-sha1\n from = body:/x }",
	    "4: option 'from' can't be 'body:/x': only a header or query selector");
	refused_in_source("signature { algorithm = hmac-sha1\n from = nope }", "4: option 'from': 'nope': ");
	refused_in_source(
	    "signature { algorithm = hmac-sha1 from = header:X\n split = '' }", "4: option 'split' is empty");
	refused_in_source("signature { algorithm = hmac-sha1 from = header:X }\nsignature { }",
	    "4: the signature of source 'shop' lacks option 'algorithm'");
	refused_in_source("signature { algorithm = token from = header:X }\nsignature { algorithm = bearer }\n"
			  "signature { algorithm = bearer }\nsignature { algorithm = bearer }\nsignature { }",
	    "7: source 'shop' has more than 4 signatures");
	refused_in_source("signature { algorithm = ed25519 from = header:X }",
	    "3: algorithm ed25519 needs option 'key': hex or base64");
	refused_secret_in_source("signature { algorithm = hmac-sha1 from = header:X key = hex }",
	    "1: this secret of source 'shop' is not hex");
}
END_TEST

START_TEST(what_is_shown_openly_has_no_options_of_signatures)
{
	struct conf *conf = good_source("signature { algorithm = bearer }");

	ck_assert_str_eq(conf->sources[0].signatures[0].from->name, "HTTP_AUTHORIZATION");
	conf_free(conf);
	refused_in_source("signature { algorithm = token }", "3: the signature of source 'shop' lacks option 'from'");
	refused_in_source("signature { algorithm = token from = header:X\n signed = '{body}' }",
	    "4: option 'signed' is for signatures: ");
	refused_in_source("signature { algorithm = token from = header:X\n timestamp = header:T }",
	    "4: option 'timestamp' is for signatures: ");
	refused_in_source(
	    "signature { algorithm = bearer\n item = 'x' }", "4: option 'item': the value of this algorithm");
	refused_secret_in_source(
	    "signature { algorithm = basic }", "1: this secret of source 'shop' is not user:password");
}
END_TEST

START_TEST(a_timestamp_is_signed_or_refused)
{
	struct conf *conf = good_source("signature { algorithm = hmac-sha256 from = header:X split = ',' item = 'v1='\n"
					"timestamp = 'item:t=' signed = '{timestamp}.{body}' }");
	const struct signature_rule *rule = &conf->sources[0].signatures[0];

	ck_assert_str_eq(rule->timestamp_item, "t=");
	ck_assert_uint_eq(rule->tolerance_ms, 300000);
	ck_assert_uint_eq(rule->timestamp_unit_ms, 1000);
	ck_assert_int_eq(rule->parts[0].kind, SIGNED_TIMESTAMP);
	conf_free(conf);
	refused_in_source("signature { algorithm = hmac-sha256 from = header:X\n timestamp = header:T }",
	    "4: option 'timestamp' without {timestamp} in option 'signed'");
	refused_in_source("signature { algorithm = hmac-sha256 from = header:X\n signed = '{timestamp}{body}' }",
	    "4: option 'signed' has {timestamp}: option 'timestamp' must say where it is");
	refused_in_source("signature { algorithm = hmac-sha256 from = header:X\n tolerance = 5m }",
	    "4: option 'tolerance' without option");
	refused_in_source("signature { algorithm = hmac-sha256 from = header:X\n timestamp = 'item:t=' }",
	    "4: option 'timestamp': an item has a text and needs option 'split'");
	refused_in_source("signature { algorithm = hmac-sha256 from = header:X signed = '{timestamp}{body}'\n"
			  "timestamp = body:/t }",
	    "4: option 'timestamp' can't be 'body:/t'");
	refused_in_source("signature { algorithm = hmac-sha256 from = header:X timestamp = header:T\n"
			  "signed = '{timestamp}{body}' timestamp-unit = us }",
	    "4: option 'timestamp-unit' is s or ms, not 'us'");
}
END_TEST

START_TEST(an_id_that_is_signed_is_one_header)
{
	struct conf *conf = good_source("id = header:X-Id signature { algorithm = hmac-sha256 from = header:X\n"
					"signed = '{id}.{body}' }");

	ck_assert_str_eq(conf->sources[0].signatures[0].parts[0].text, "HTTP_X_ID");
	conf_free(conf);
	refused_in_source("signature { algorithm = hmac-sha256 from = header:X\n signed = '{id}.{body}' }",
	    "4: option 'signed' has {id}: option 'id' of source 'shop' must be one header then");
}
END_TEST

START_TEST(a_secret_goes_to_the_rules_of_its_prefix)
{
	struct conf *conf;
	const struct source *shop;

	put_bytes("secret", "whsec_YWJj\nZGVm\nwhpk_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\n", 66, 0600);
	conf = good_source("signature { algorithm = hmac-sha256 from = header:X key = base64 key-prefix = whsec_ }\n"
			   "signature { algorithm = ed25519 from = header:X key = base64 key-prefix = whpk_ }");
	shop = conf_source(conf, "shop");
	ck_assert_uint_eq(shop->nsecrets, 3);
	ck_assert_uint_eq(shop->signatures[0].nkeys, 2);
	ck_assert_uint_eq(shop->signatures[1].nkeys, 1);
	ck_assert_mem_eq(shop->signatures[0].keys[0].bytes, "abc", 3);
	ck_assert_mem_eq(shop->signatures[0].keys[1].bytes, "def", 3);
	ck_assert_uint_eq(shop->signatures[0].keys[1].secret, 1);
	ck_assert_uint_eq(shop->signatures[1].keys[0].secret, 2);
	ck_assert_uint_eq(shop->signatures[1].keys[0].bytes[31], 32);
	conf_free(conf);
	put_bytes("secret", "whpk_AQID\n", 10, 0600);
	refused_secret_in_source("signature { algorithm = ed25519 from = header:X key = base64 key-prefix = whpk_ }",
	    "1: this secret of source 'shop' is not a public key of 32 bytes");
}
END_TEST

START_TEST(what_proves_the_sender_is_never_kept)
{
	refused_in_source(
	    "env = 'A=header:Authorization'", "3: option 'env': 'header:Authorization' proves who the sender is");
	refused_in_source("event = header:Cookie", "3: option 'event': 'header:Cookie' proves");
	refused_in_source("id = { digest, header:X-Signature }", "3: option 'id': 'header:X-Signature' proves");
	refused_in_source("answer a { when = 'body:/a=b'\n body = '{header:X-Signature}' }",
	    "4: option 'body': 'header:X-Signature' proves");
}
END_TEST

START_TEST(an_answer_says_when_and_to_whom)
{
	struct conf *conf = good_source("answer a { when = { 'body:/type=url_*', 'header:X=1' } status = 201\n"
					"content-type = text/plain body = '{body:/c} {{ {hmac:body:/t}' }");
	const struct handshake *h = &conf->sources[0].handshakes[0];

	ck_assert_uint_eq(h->nwhen, 2);
	ck_assert_str_eq(h->when[0].glob, "url_*");
	ck_assert_uint_eq(h->status, 201);
	ck_assert(!h->json && !h->get);
	ck_assert_uint_eq(h->nparts, 3);
	ck_assert_str_eq(h->parts[1].text, " { ");
	ck_assert_int_eq(h->parts[2].kind, HANDSHAKE_HMAC);
	conf_free(conf);
	refused_in_source("answer a {\n}", "3: answer 'a' lacks option 'when'");
	refused_in_source("answer a { when = 'body:/x' }", "3: option 'when' has selector=text, not 'body:/x'");
	refused_in_source(
	    "answer a { method = GET\n when = 'body:/x=1' }", "4: option 'when': 'body:/x': a GET has no body");
	refused_in_source("answer a { method = GET when = 'query:x=1' }",
	    "3: answer 'a' to a GET, which nobody signs, needs option 'token'; or say unsigned = true");
	refused_in_source("answer a { method = GET when = 'query:x=1' token = query:t }",
	    "3: answer 'a' wants a token: source 'shop' needs option 'token-file'");
	refused_in_source(
	    "answer a { method = PUT when = 'query:x=1' }", "3: option 'method' is POST or GET, not 'PUT'");
	refused_in_source(
	    "answer a { when = 'query:x=1' status = 302 }", "3: option 'status' is a number from 200 to 299");
	refused_in_source(
	    "answer a { when = 'query:x=1'\n body = '{hmac:query:x' }", "4: option 'body': a '{' is not closed");
	refused_in_source("signature { algorithm = token from = header:X }\n"
			  "answer a { when = 'query:x=1' body = '{hmac:query:x}' }",
	    "4: option 'body': {hmac:…} is for signed webhooks");
}
END_TEST

START_TEST(a_form_is_asked_for)
{
	struct conf *conf = good_source("payload = form:payload event = form:kind");

	ck_assert_int_eq(conf->sources[0].payload, PAYLOAD_FORM_FIELD);
	ck_assert_str_eq(conf->sources[0].payload_field, "payload");
	conf_free(conf);
	conf = good_source("payload = form event = form:kind id = form:id");
	ck_assert_int_eq(conf->sources[0].payload, PAYLOAD_FORM);
	conf_free(conf);
	refused_in_source("event = form:kind", "2: source 'shop': 'form:kind' needs option 'payload'");
	refused_in_source("payload = form", "2: source 'shop': 'body:/type': its payload is a form without JSON");
	refused_in_source("payload = xml", "3: option 'payload' is json, form or form:name, not 'xml'");
	refused_in_source("payload = 'form:'", "3: option 'payload': 'form:': ");
}
END_TEST

START_TEST(networks_are_written_exactly)
{
	struct conf *conf = good_source("allow-from = { 192.0.2.0/24, '2001:db8::/32', 10.1.2.3, 0.0.0.0/0 }");

	ck_assert_uint_eq(conf->sources[0].nallow, 4);
	ck_assert_uint_eq(conf->sources[0].allow[0].prefix, 120);
	ck_assert_uint_eq(conf->sources[0].allow[1].prefix, 32);
	ck_assert_uint_eq(conf->sources[0].allow[2].prefix, 128);
	conf_free(conf);
	refused_in_source(
	    "allow-from = example.org", "3: option 'allow-from': 'example.org' is not an IPv4 or IPv6 address");
	refused_in_source("allow-from = 10.1.2.3/8", "3: option 'allow-from': '10.1.2.3/8' has bits behind its prefix");
	refused_in_source(
	    "allow-from = 10.0.0.0/33", "3: option 'allow-from': '10.0.0.0/33' has a bad length behind '/'");
	refused("proxy-header = X-Real-IP\n", "1: option 'proxy-header' without option 'trusted-proxies'");
}
END_TEST

static void
refused_template(const char *template, const char *line)
{
	char body[2048];

	snprintf(body, sizeof(body), "signature { algorithm = hmac-sha1 from = header:X\n signed = '%s' }", template);
	refused_in_source(body, line);
}

START_TEST(a_signed_template_authenticates_the_body)
{
	char many[1024] = "";

	refused_template("{method}", "4: option 'signed' lacks {body}");
	refused_template("", "4: option 'signed' lacks {body}");
	refused_template("{{body}", "4: option 'signed' lacks {body}");
	refused_template("{body}{time}", "4: option 'signed': '{time}' is not {body}");
	refused_template("{body}{}", "4: option 'signed': '{}' is not {body}");
	refused_template("{body", "4: option 'signed': a '{' is not closed");
	refused_template("{body}{header:}", "4: option 'signed': 'header:': ");
	refused_template("{body}{url}", "4: option 'signed' has {url}: source 'shop' needs option 'url'");
	for (int i = 0; i < 33; i++)
		strcat(many, "{body}");
	refused_template(many, "4: option 'signed' has more than 32 parts");
}
END_TEST

START_TEST(an_event_and_an_id_are_needed)
{
	put("nothing.conf", "signature { algorithm = hmac-sha256 from = header:X-Signature }\n");
	refused(HEAD "\nsource a { path = /a secret-file = '@/secret' preset = nothing }\n",
	    "3: source 'a' has no option 'event': add a preset or");
	said("3: source 'a' has no option 'id': add a preset or");
	refused_in_source("event = 'body:x'", "3: option 'event': 'body:x': ");
	refused_in_source(
	    "id = { body:/a,\n body:/b, body:/c, body:/d,\n body:/e }", "5: option 'id' has more than 4 selectors");
	refused_in_source("lane = 'head:X'", "3: option 'lane': 'head:X': ");
}
END_TEST

START_TEST(a_source_overrides_its_preset)
{
	struct conf *conf;
	const struct source *shop;

	put("plain.conf",
	    "signature { algorithm = hmac-sha256 from = header:X-Signature item = 'v1=' }\n"
	    "event = body:/type id = { body:/id, body:/type } lane = body:/id require-https = no "
	    "max-body = 3 max-depth = 9\n"
	    "field /a { type = string required = true } field /b { type = number }\n"
	    "env = { 'A=body:/a', 'B=body:/b' }\n");
	conf = good_source("");
	shop = &conf->sources[0];
	ck_assert(!shop->require_https);
	ck_assert_uint_eq(shop->max_body, 3);
	ck_assert_uint_eq(shop->max_depth, 9);
	ck_assert_str_eq(shop->signatures[0].item, "v1=");
	ck_assert_uint_eq(shop->nids, 2);
	ck_assert_uint_eq(shop->nfields, 2);
	ck_assert_uint_eq(shop->nenv, 2);
	ck_assert_uint_eq(shop->nsecrets, 1);
	conf_free(conf);

	conf = good_source(
	    "require-https = true max-body = 1M max-depth = 64 event = header:E id = digest lane = body:/l\n"
	    "signature { algorithm = hmac-sha512 from = header:Y }\n"
	    "field /a { type = array } field /c { } env = { 'B=query:b', 'C=query:c' }\n");
	shop = &conf->sources[0];
	ck_assert(shop->require_https);
	ck_assert_uint_eq(shop->max_body, 1u << 20);
	ck_assert_uint_eq(shop->max_depth, 64);
	ck_assert_str_eq(shop->event->text, "header:E");
	ck_assert_uint_eq(shop->nids, 1);
	ck_assert_str_eq(shop->lane->text, "body:/l");
	ck_assert_int_eq(shop->signatures[0].algorithm, SIGNATURE_HMAC_SHA512);
	ck_assert_ptr_null(shop->signatures[0].item);
	ck_assert_uint_eq(shop->nfields, 3);
	ck_assert_str_eq(shop->fields[0].selector->text, "/b");
	ck_assert_str_eq(shop->fields[1].selector->text, "/a");
	ck_assert_uint_eq(shop->fields[1].types, 1u << JSON_ARRAY);
	ck_assert(!shop->fields[1].required);
	ck_assert_uint_eq(shop->nenv, 3);
	ck_assert_str_eq(shop->env[0].name, "A");
	ck_assert_str_eq(shop->env[1].selector->text, "query:b");
	ck_assert_str_eq(shop->env[2].name, "C");
	conf_free(conf);
}
END_TEST

START_TEST(errors_in_a_preset_have_its_file_and_line)
{
	char *text = source("");

	put("plain.conf",
	    "event = body:/type\n\nid = bad\nfield /a {\n type = text }\n"
	    "signature { algorithm = hmac-sha256 from = header:X-Signature }\n");
	ck_assert_ptr_null(read_as(text, 0));
	said("@/plain.conf:3: option 'id': 'bad': ");
	said("@/plain.conf:5: option 'type' is string, number, integer, boolean, object, array or null, not 'text'");
	put("plain.conf", "\nhook a { }\n");
	ck_assert_ptr_null(read_as(text, 0));
	said("@/plain.conf:2: option 'hook' belongs in a source, not in a preset\n");
	put("plain.conf", "secret-file = '/x'\n");
	ck_assert_ptr_null(read_as(text, 0));
	said("@/plain.conf:1: option 'secret-file' belongs in a source, not in a preset\n");
	put("plain.conf", "\n\nevent = \n");
	ck_assert_ptr_null(read_as(text, 0));
	said("@/plain.conf:4: premature end of file");
	free(text);
}
END_TEST

START_TEST(a_preset_is_a_name_or_an_absolute_path)
{
	conf_free(good_source("preset = '@/plain.conf'"));
	refused_in_source(
	    "preset = '../plain'", "3: option 'preset' is a name of a-z, 0-9 and '-', or an absolute path");
	refused_in_source("preset = Plain", "3: option 'preset' is a name");
	refused_in_source("preset = none", "3: '@/none.conf' can't be read: No such file or directory");
	ck_assert_ptr_null(strstr(errors, "has no option"));
}
END_TEST

START_TEST(presets_do_not_depend_on_the_environment)
{
	setenv("HOOKSPOOL_PRESETDIR", directory, 1);
	ck_assert_ptr_null(read_as("source a { path = /a unsigned = true preset = plain }\n", 0));
	said(":1: '" HOOKSPOOL_PRESETDIR "/plain.conf' can't be read");
	unsetenv("HOOKSPOOL_PRESETDIR");
}
END_TEST

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

START_TEST(a_hook_has_a_program_that_can_run)
{
	refused_in_source("hook a {\n}", "3: hook 'a' has no option 'command'");
	refused_in_source("hook a { command = {} }", "3: hook 'a' has no option 'command'");
	refused_in_source(
	    "hook a {\n command = { hook } }", "4: option 'command': the program is an absolute path, not 'hook'");
	refused_in_source(
	    "hook a {\n command = '@/none' }", "4: option 'command': '@/none': No such file or directory");
	refused_in_source("hook a {\n command = '@' }", "4: option 'command': '@' is not a regular file");
	refused_in_source(
	    "hook a {\n command = '@/data' }", "4: option 'command': '@/data' is not executable (mode 0600)");
	refused_in_source("hook a { command = '@/hook'\n directory = '@/none' }",
	    "4: option 'directory': '@/none': No such file or directory");
	refused_in_source("hook a { command = '@/hook'\n directory = '@/data' }",
	    "4: option 'directory': '@/data' is not a directory");
	refused_in_source("hook a { command = '@/hook' retry { }\n retry { } }", "4: section 'retry' is there twice");
}
END_TEST

START_TEST(hooks_are_checked_for_every_caller)
{
	char *text = source("hook a {\n command = '@/none' }");

	refused_as(text, "4: option 'command': '@/none': No such file or directory", 0);
	free(text);
}
END_TEST

START_TEST(a_command_is_bounded)
{
	char body[40000] = "hook a {\n command = { '@/hook'", *end = strchr(body, '\0');

	for (int i = 0; i < 64; i++)
		end = stpcpy(end, ", x");
	strcpy(end, " } }");
	refused_in_source(body, "4: option 'command' has more than 64 arguments");
	end = stpcpy(body, "hook a {\n command = { '@/hook', ");
	memset(end, 'x', 33000);
	strcpy(end + 33000, " } }");
	refused_in_source(body, "4: option 'command' has more than 32768 bytes");
}
END_TEST

/* Check runs each test in a process of its own, so that giving up root here stays here. */
START_TEST(what_this_user_may_not_see_counts_only_for_who_uses_it)
{
	char *text =
	    source("hook a { command = '@/closed/hook' directory = '@/closed/in' }\nsecret-file = '@/closed/secret'");
	char path[PATH_MAX];
	struct conf *conf;

	snprintf(path, sizeof(path), "%s/closed", directory);
	ck_assert_int_eq(mkdir(path, 0), 0);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(directory, NOBODY, NOBODY), 0);
		snprintf(path, sizeof(path), "%s/plain.conf", directory);
		ck_assert_int_eq(chmod(path, 0644), 0);
		ck_assert_int_eq(seteuid(NOBODY), 0);
	}
	conf = read_as(text, 0);
	ck_assert_msg(conf != NULL, "refused: %s", errors);
	conf_free(conf);
	refused_as(text, "3: option 'command': '@/closed/hook': Permission denied", CONF_HOOKS);
	said(":3: option 'directory': '@/closed/in': Permission denied");
	ck_assert_ptr_null(strstr(errors, "secret-file"));
	refused_as(text, "4: option 'secret-file': '@/closed/secret' can't be read: Permission denied", CONF_SECRETS);
	ck_assert_ptr_null(strstr(errors, "command"));
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
	free(text);
}
END_TEST

START_TEST(a_hook_may_be_a_worker)
{
	struct conf *conf = good_source("hook a { command = '@/hook' mode = worker idle-timeout = 5s }\n"
					"hook b { command = '@/hook' mode = worker }\n"
					"hook c { command = '@/hook' mode = process }");
	const struct source *source = conf_source(conf, "shop");

	ck_assert(conf_hook(source, "a")->worker && conf_hook(source, "b")->worker && !conf_hook(source, "c")->worker);
	ck_assert_uint_eq(conf_hook(source, "a")->idle_ms, 5000);
	ck_assert_uint_eq(conf_hook(source, "b")->idle_ms, 60000);
	conf_free(conf);
	refused_in_source(
	    "hook a { command = '@/hook' mode = daemon }", "3: option 'mode' is process or worker, not 'daemon'");
	refused_in_source(
	    "hook a { command = '@/hook' idle-timeout = 5s }", "3: option 'idle-timeout' without mode = \"worker\"");
}
END_TEST

START_TEST(a_hooks_process_is_made_as_said)
{
	struct conf *conf = good_source(
	    "hook a { command = '@/hook' user = root group = root umask = 0022 nice = 3 orphans = keep log-output = true\n"
	    "         rlimit { cpu = 1500ms memory = 1M files = 10 core = 0 } }\n"
	    "hook b { command = '@/hook' }");
	const struct hook *a = conf_hook(conf_source(conf, "shop"), "a"),
			  *b = conf_hook(conf_source(conf, "shop"), "b");

	ck_assert_uint_eq(a->as.uid, 0);
	ck_assert_uint_eq(a->as.gid, 0);
	ck_assert_uint_eq(a->umask, 022);
	ck_assert_uint_eq(a->nice, 3);
	ck_assert(a->keep_orphans && a->log_output && conf_has_users(conf));
	ck_assert_uint_eq(a->nlimits, 4);
	ck_assert_uint_eq(a->limits[0].value, 2);
	ck_assert_uint_eq(a->limits[1].value, 1u << 20);
	ck_assert_uint_eq(b->as.uid, RUN_SAME_USER);
	ck_assert_uint_eq(b->umask, 077);
	ck_assert_uint_eq(b->nlimits, 0);
	ck_assert(!b->keep_orphans && !b->log_output);
	conf_free(conf);
	refused_in_source(
	    "hook a { command = '@/hook' umask = 888 }", "3: option 'umask' is octal from 0 to 0777, not '888'");
	refused_in_source("hook a { command = '@/hook' umask = 1777 }", "3: option 'umask' is octal");
	refused_in_source("hook a { command = '@/hook' nice = 20 }", "3: option 'nice' is a number from 0 to 19");
	refused_in_source(
	    "hook a { command = '@/hook' orphans = maybe }", "3: option 'orphans' is kill or keep, not 'maybe'");
	refused_in_source(
	    "hook a { command = '@/hook' user = 'no such' }", "3: option 'user': there is no user 'no such'");
	refused_in_source("hook a { command = '@/hook' group = root }", "3: option 'group' without option 'user'");
	refused_in_source("hook a { command = '@/hook' user = root group = 'no such' }",
	    "3: option 'group': there is no group 'no such'");
	refused_in_source("hook a { command = '@/hook' rlimit { files = 2 } }", "3: option 'files' is a number from 3");
	refused_in_source("hook a { command = '@/hook' rlimit { }\nrlimit { } }", "4: section 'rlimit' is there twice");
}
END_TEST

START_TEST(a_program_that_others_may_change_is_refused)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/hook", directory);
	ck_assert_int_eq(chmod(path, 0722), 0);
	refused_in_source("hook a { command = '@/hook' }",
	    "3: option 'command': '@/hook' may be written to by others (mode 0722); chmod go-w");
	ck_assert_int_eq(chmod(path, 0720), 0);
	refused_in_source("hook a { command = '@/hook' }",
	    "3: option 'command': '@/hook' may be written to by its group (mode 0720); chmod go-w");
	snprintf(path, sizeof(path), "%s/in", directory);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, 0770), 0);
	put_bytes("in/hook", "#!/bin/sh\n", 10, 0700);
	refused_in_source("hook a { command = '@/in/hook' }",
	    "3: option 'command': '@/in/hook' is in the directory '@/in', which may be written to by its group");
	ck_assert_int_eq(chmod(path, 01777), 0);
	conf_free(good_source("hook a { command = '@/in/hook' }"));
}
END_TEST

/* The modes of a file of ours. */
static void
change(const char *name, mode_t mode)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	ck_assert_int_eq(chmod(path, mode), 0);
}

/* The file as it is is refused, whatever is asked, and one complaint is LINE. */
static void
refused_by_all(const char *line)
{
	static const unsigned all[] = {0, CONF_SECRETS, CONF_HOOKS, CONF_NAMES};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		ck_assert_ptr_null(read_again(all[i]));
		said(line);
	}
}

START_TEST(a_configuration_that_others_may_change_is_refused)
{
	char path[PATH_MAX];

	conf_free(read_good(""));
	change(MAIN, 0666);
	refused_by_all("@/" MAIN ": may be written to by others (mode 0666); chmod go-w");
	change(MAIN, 0620);
	refused_by_all("@/" MAIN ": may be written to by its group (mode 0620); chmod go-w");
	change(MAIN, 0600);
	change("", 0770);
	refused_by_all(
	    "@/" MAIN ": is in the directory '@', which may be written to by its group (mode 0770); chmod go-w");
	change("", 0700);
	if (geteuid() != 0)
		return;
	snprintf(path, sizeof(path), "%s/" MAIN, directory);
	ck_assert_int_eq(chown(path, NOBODY, NOBODY), 0);
	refused_by_all("@/" MAIN ": belongs to user 65534, not to root or to who reads it (user 0); chown root");
}
END_TEST

START_TEST(an_included_file_and_a_preset_that_others_may_change_are_refused)
{
	char *with_preset = source("");

	put("more.conf", "threads = 1\n");
	change("more.conf", 0664);
	put(MAIN, "\ninclude('@/more.conf')\n");
	refused_by_all("@/" MAIN ":2: '@/more.conf' may be written to by its group (mode 0664); chmod go-w");
	change("plain.conf", 0666);
	put(MAIN, with_preset);
	refused_by_all("@/" MAIN ":2: '@/plain.conf' may be written to by others (mode 0666); chmod go-w");
	free(with_preset);
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

START_TEST(a_configuration_is_a_regular_file)
{
	refused("include('/dev/null')", "1: '/dev/null' is not a regular file");
}
END_TEST

START_TEST(titles_of_hooks_are_plain)
{
	char body[512] = "hook '";

	refused_in_source("hook '' { command = '@/hook' }", "3: a hook has an empty title");
	refused_in_source(
	    "hook 'a b ' { command = '@/hook' }", "3: hook 'a b ': the title begins or ends with a blank");
	refused_in_source("hook 'a\\\\b' { command = '@/hook' }", "3: hook 'a\\b': a title has printable ASCII");
	conf_free(good_source("hook 'Push Hook' { command = '@/hook' } hook '/a/b' { command = '@/hook' }"));
	refused_in_source("hook '\xc3\xa9' { command = '@/hook' }", "3: hook '\xc3\xa9': a title has printable ASCII");
	refused_in_source("hook 'a[b' { command = '@/hook' }", "3: hook 'a[b': a '[' in the title is not closed");
	refused_in_source("hook a { command = '@/hook' }\nhook a {\n}", "4: section 'a' is there twice");
	memset(body + 6, 'x', CONF_TITLE_MAX + 1);
	strcpy(body + 6 + CONF_TITLE_MAX + 1, "' { command = '@/hook' }");
	refused_in_source(body, "3: hook 'xxx");
	said("xxx': the title is longer than 128 bytes");
}
END_TEST

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

START_TEST(a_source_is_bounded)
{
	char body[16384] = "\n", *end = body + 1;

	for (int i = 0; i < CONF_FIELDS_MAX + 1; i++)
		end += sprintf(end, "field /%d { }\n", i);
	refused_in_source(body, "36: source 'shop' has more than 32 fields");
	end = stpcpy(body, "env = {\n'A=digest'");
	for (int i = 0; i < CONF_ENV_MAX; i++)
		end += sprintf(end, ",\n'A%d=digest'", i);
	strcpy(end, "}");
	refused_in_source(body, "36: option 'env': source 'shop' has more than 32 variables");
	for (int i = 0, n = (end = body, CONF_HOOKS_MAX + 1); i < n; i++)
		end += sprintf(end, "hook h%d { command = '@/hook' }\n", i);
	refused_in_source(body, "67: source 'shop' has more than 64 hooks");
	end = stpcpy(body, "lane = body:/l env = { 'A=body:/a'");
	for (int i = 1; i < CONF_ENV_MAX; i++)
		end += sprintf(end, ", 'A%d=body:/a'", i);
	end = stpcpy(end, " }\n");
	for (int i = 0; i < CONF_FIELDS_MAX; i++)
		end += sprintf(end, "field /%d { }\n", i);
	refused_in_source(body, "2: source 'shop' selects 67 values of the body; 64 is the most");
}
END_TEST

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

START_TEST(durations_are_digits_and_a_unit)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} good[] = {{"500ms", 500}, {"30s", 30000}, {"5m", 300000}, {"12h", 43200000}, {"7d", 604800000}, {"0s", 0},
	    {"18446744073709551615ms", UINT64_MAX}};
	static const char *const bad[] = {"", "s", "5", "-5s", "+5s", " 5s", "5 s", "5s ", "1.5s", "5S", "5min", "0x5s",
	    "18446744073709551616ms", "18446744073709552s", "99999999999999999999999s"};
	uint64_t ms;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_int_eq(conf_parse_duration(good[i].text, &ms), 0);
		ck_assert_uint_eq(ms, good[i].ms);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(conf_parse_duration(bad[i], &ms) == -1, "accepted: '%s'", bad[i]);
}
END_TEST

START_TEST(sizes_are_digits_and_perhaps_a_unit)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {{"0", 0}, {"17", 17}, {"64k", 65536}, {"10M", 10485760}, {"1G", 1u << 30},
	    {"18446744073709551615", UINT64_MAX}};
	static const char *const bad[] = {
	    "", "k", "-1", "1K", "1m", "1kB", "1 k", "1.5M", "18446744073709551616", "18014398509481984k"};
	uint64_t bytes;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_int_eq(conf_parse_size(good[i].text, &bytes), 0);
		ck_assert_uint_eq(bytes, good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(conf_parse_size(bad[i], &bytes) == -1, "accepted: '%s'", bad[i]);
}
END_TEST

START_TEST(a_rank_counts_what_stands_before_the_first_wildcard)
{
	ck_assert_uint_eq(glob_rank("*"), 0);
	ck_assert_uint_eq(glob_rank("?a"), 0);
	ck_assert_uint_eq(glob_rank("ab[cd]"), 2);
	ck_assert_uint_eq(glob_rank("a.b.*"), 4);
	ck_assert_uint_eq(glob_rank("a\\*b*"), 3);
	ck_assert_uint_eq(glob_rank("a.b"), UINT_MAX);
	ck_assert_uint_eq(glob_rank("a\\*"), UINT_MAX);
}
END_TEST

START_TEST(a_glob_closes_its_brackets)
{
	ck_assert(glob_valid("a*?[b-d][!x][]]\\["));
	ck_assert(!glob_valid("["));
	ck_assert(!glob_valid("a[]"));
	ck_assert(!glob_valid("a[!]"));
	ck_assert(!glob_valid("a\\"));
	ck_assert(glob_match("a.*", "a.b/c.d"));
	ck_assert(glob_match("*", ".hidden"));
	ck_assert(!glob_match("a.*", "A.b"));
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

static TCase *
tcase(Suite *suite, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, set_up, tear_down);
	suite_add_tcase(suite, t);
	return t;
}

static Suite *
make_suite(void)
{
	Suite *suite = suite_create("conf");
	TCase *t = tcase(suite, "values");

	tcase_add_test(t, an_empty_file_gives_every_default);
	tcase_add_test(t, a_source_and_a_hook_have_defaults);
	tcase_add_test(t, every_global_option_is_read);
	tcase_add_test(t, every_option_of_a_source_is_read);
	tcase_add_test(t, a_source_overrides_its_preset);
	tcase_add_test(t, durations_are_digits_and_a_unit);
	tcase_add_test(t, sizes_are_digits_and_perhaps_a_unit);
	tcase_add_test(t, a_rank_counts_what_stands_before_the_first_wildcard);
	tcase_add_test(t, a_glob_closes_its_brackets);
	tcase_add_test(t, the_most_specific_hook_wins);
	tcase_add_test(t, the_file_is_the_argument_or_the_variable_or_the_installed_one);
	tcase_add_test(t, the_preset_for_anycheck_is_what_its_page_says);
	tcase_add_test(t, the_sample_is_good_and_shows_the_defaults);

	t = tcase(suite, "syntax");
	tcase_add_test(t, comments_and_layout_do_not_move_line_numbers);
	tcase_add_test(t, a_comment_may_stand_inside_a_list);
	tcase_add_test(t, an_unknown_option_is_named_with_the_nearest);
	tcase_add_test(t, syntax_errors_name_their_line);
	tcase_add_test(t, lists_are_not_added_to);
	tcase_add_test(t, the_environment_is_not_expanded);
	tcase_add_test(t, escapes_are_few);
	tcase_add_test(t, a_file_that_cannot_be_read_is_named);
	tcase_add_test(t, a_huge_file_is_refused);
	tcase_add_test(t, an_included_file_keeps_its_own_lines);
	tcase_add_test(t, a_bad_include_is_refused);
	tcase_add_test(t, all_complaints_are_made_at_once);

	t = tcase(suite, "global");
	tcase_add_test(t, numbers_durations_and_sizes_have_ranges);
	tcase_add_test(t, paths_are_absolute_and_sockets_fit);
	tcase_add_test(t, ids_are_remembered_as_long_as_events);
	tcase_add_test(t, the_health_path_is_no_sources);
	tcase_add_test(t, users_and_groups_exist);

	t = tcase(suite, "source");
	tcase_add_test(t, sources_differ_in_name_and_path);
	tcase_add_test(t, an_unsigned_source_says_so_and_has_no_secret);
	tcase_add_test(t, a_signature_rule_is_complete);
	tcase_add_test(t, what_is_shown_openly_has_no_options_of_signatures);
	tcase_add_test(t, a_timestamp_is_signed_or_refused);
	tcase_add_test(t, an_id_that_is_signed_is_one_header);
	tcase_add_test(t, a_secret_goes_to_the_rules_of_its_prefix);
	tcase_add_test(t, what_proves_the_sender_is_never_kept);
	tcase_add_test(t, an_answer_says_when_and_to_whom);
	tcase_add_test(t, a_form_is_asked_for);
	tcase_add_test(t, networks_are_written_exactly);
	tcase_add_test(t, a_signed_template_authenticates_the_body);
	tcase_add_test(t, an_event_and_an_id_are_needed);
	tcase_add_test(t, errors_in_a_preset_have_its_file_and_line);
	tcase_add_test(t, a_preset_is_a_name_or_an_absolute_path);
	tcase_add_test(t, presets_do_not_depend_on_the_environment);
	tcase_add_test(t, a_secret_is_a_line_of_its_file);
	tcase_add_test(t, raw_bytes_are_no_secret);
	tcase_add_test(t, a_secret_has_1_to_1024_bytes);
	tcase_add_test(t, a_secret_file_is_regular_and_private);
	tcase_add_test(t, secrets_are_read_only_when_asked_for);
	tcase_add_test(t, fields_are_checked);
	tcase_add_test(t, a_source_is_bounded);
	tcase_add_test(t, names_of_variables_are_safe);

	t = tcase(suite, "hook");
	tcase_add_test(t, a_hook_has_a_program_that_can_run);
	tcase_add_test(t, hooks_are_checked_for_every_caller);
	tcase_add_test(t, a_command_is_bounded);
	tcase_add_test(t, what_this_user_may_not_see_counts_only_for_who_uses_it);
	tcase_add_test(t, titles_of_hooks_are_plain);
	tcase_add_test(t, a_hook_may_be_a_worker);
	tcase_add_test(t, a_hooks_process_is_made_as_said);
	tcase_add_test(t, a_program_that_others_may_change_is_refused);
	tcase_add_test(t, a_configuration_that_others_may_change_is_refused);
	tcase_add_test(t, an_included_file_and_a_preset_that_others_may_change_are_refused);
	tcase_add_test(t, a_secret_that_others_may_change_or_exchange_is_refused);
	tcase_add_test(t, a_configuration_is_a_regular_file);
	return suite;
}

int
main(void)
{
	SRunner *runner = srunner_create(make_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
