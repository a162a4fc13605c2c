/* One process for each case: what is static here is new each time. */
#include "kept.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/log.h"
#include "../../src/protocol/event.h"

char kept_dir[] = "/tmp/test_kept.XXXXXX";
struct conf kept_conf = {.max_rejected = 3, .cache = 1u << 20, .min_free = UINT64_MAX / 2};
struct spool *kept;
uint64_t kept_now = 1000000000;

void
kept_open(void)
{
	int lock = spool_lock(kept_dir);

	ck_assert_int_ge(lock, 0);
	ck_assert_ptr_nonnull(kept = spool_open(&kept_conf, lock));
}

void
kept_set_up(void)
{
	log_open("test", "/dev/null");
	ck_assert_ptr_nonnull(mkdtemp(kept_dir));
	kept_conf.spool = kept_dir;
	kept_open();
}

void
kept_tear_down(void)
{
	char command[64];

	spool_close(kept);
	snprintf(command, sizeof command, "rm -r %s", kept_dir);
	ck_assert_int_eq(system(command), 0);
}

void
kept_again(void)
{
	spool_close(kept);
	kept_open();
}

enum spool_accept
kept_put(const char *id, bool hook, uint64_t *number)
{
	struct event event = {.kind = EVENT_ACCEPTED, .received_ms = kept_now, .body = "body", .body_len = 4};
	const char *hooks[] = {"src/h"};
	enum spool_accept result;
	char key[64];
	size_t len = 0;

	for (int i = 0; i < EVENT_TEXTS; i++)
		event.text[i] = "";
	ck_assert_int_eq(event_key_add(key, sizeof key, &len, 's', id, strlen(id)), 0);
	event.text[EVENT_SOURCE] = "src";
	event.len[EVENT_SOURCE] = 3;
	event.text[EVENT_KEY] = key;
	event.len[EVENT_KEY] = (uint32_t)len;
	ck_assert_int_eq(spool_begin(kept), 0);
	result = spool_accept(kept, &(struct spool_submission){&event, hooks, hook}, kept_now, number);
	ck_assert_int_eq(spool_commit(kept), 0);
	return result;
}

uint64_t
kept_new(const char *id, bool hook)
{
	uint64_t number;

	ck_assert_int_eq(kept_put(id, hook, &number), SPOOL_STORED);
	return number;
}

void
kept_ends(uint64_t number, enum delivery_state state)
{
	struct delivery d;
	struct attempt attempt = {.end = RUN_EXITED, .out = "hello", .out_len = 5, .err = ""};

	ck_assert_int_eq(spool_delivery(kept, number, "src/h", &d), 0);
	d.state = state;
	d.attempts++;
	d.attempts_all++;
	d.ended_ms = kept_now;
	ck_assert_int_eq(spool_begin(kept), 0);
	ck_assert_int_eq(spool_outcome(kept, &(struct spool_outcome){number, "src/h", &d, &attempt}), 0);
	ck_assert_int_eq(spool_commit(kept), 0);
}

void
kept_retain(uint64_t keep_ms, uint64_t dedup_ms)
{
	const struct spool_ages ages = {kept_now, keep_ms, dedup_ms, true};

	for (int quiet = 0; quiet < 3;) {
		int more = spool_retain(kept, &ages);

		ck_assert_int_ge(more, 0);
		spool_wait(kept);
		quiet = more > 0 ? 0 : quiet + 1;
	}
}

void
kept_pass(uint64_t ms)
{
	kept_now += ms;
	kept_retain(KEEP_MS, DEDUP_MS);
}

bool
kept_is_there(uint64_t number)
{
	static struct event event;
	uint64_t next;
	bool there = spool_event(kept, number, &event) == 0;

	ck_assert(there || errno == ENOENT);
	ck_assert_int_eq(spool_next(kept, number, &next) == 0 && next == number, there);
	return there;
}

int
kept_files(const char *begin, const char *end)
{
	DIR *dir = opendir(kept_dir);
	struct dirent *entry;
	int n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name), wanted = strlen(end);

		n += strncmp(entry->d_name, begin, strlen(begin)) == 0 && len >= wanted &&
		    strcmp(entry->d_name + len - wanted, end) == 0;
	}
	closedir(dir);
	return n;
}
