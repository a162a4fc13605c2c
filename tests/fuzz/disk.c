/*
 * What else is read from the disk: packs, the clock's jumps, a filter's file, log files as they are before the log is opened.  What is accepted
 * would be written the same way; nothing is read beyond, and no log file that has begun is removed.  The first byte says which.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/lib/wire.h"
#include "../../src/spool/filter.h"
#include "../../src/spool/jumps.h"
#include "../../src/spool/pack.h"
#include "../../src/spool/store_spare.h"
#include "fuzz.h"
#include "memory_store.h"

#define FIRST_NUMBER 1000
#define LOGS_MAX 6
#define LOG_HEADER 28 /* bytes of a log file that say whether it has begun */

const char fuzz_name[] = "disk";
unsigned long fuzz_accepted;

static char dir[] = "/dev/shm/hookspool-fuzz.XXXXXX";

static void
clean_up(void)
{
	char words[64];

	snprintf(words, sizeof words, "rm -rf %s", dir);
	(void)!system(words);
}

static void
take_jumps(const uint8_t *bytes, size_t len)
{
	unsigned char out[JUMPS_SIZE_MAX];
	struct jumps jumps;
	uint64_t first = len > 9 ? wire_u32_at(bytes + 5) : 0;

	if (jumps_decode(&jumps, bytes, len) != 0) {
		FUZZ_HOLDS(errno == EPROTO || errno == ENOTSUP);
		return;
	}
	FUZZ_HOLDS(jumps.n <= JUMPS_MAX && jumps_encode(&jumps, out) == len && memcmp(out, bytes, len) == 0);
	for (uint64_t ms = 1; ms < UINT64_MAX / 16; ms *= 16)
		FUZZ_HOLDS(jumps_time(&jumps, first, ms) <= INT64_MAX);
	(void)jumps_time(&jumps, 0, UINT64_MAX);
	(void)jumps_forget(&jumps, first);
	jumps_add(&jumps, &(struct jump){first, 5, 5});
	FUZZ_HOLDS(jumps.n >= 1 && jumps.n <= JUMPS_MAX && jumps.all[jumps.n - 1].number == first);
	fuzz_accepted++;
}

/* Its records, one behind the other. */
static void
walk_pack(struct store_table *table, unsigned n)
{
	unsigned long all = 0;
	struct store_bytes record;
	uint64_t number;

	for (uint64_t from = FIRST_NUMBER; from < FIRST_NUMBER + n; from++) {
		if (pack_find(table, from, &record) != 0) {
			FUZZ_HOLDS(errno == EPROTO || errno == ENOTSUP || errno == ENOENT);
			continue;
		}
		all += filter_hash(record.bytes, record.len) & 1;
		fuzz_accepted++;
	}
	(void)all;
	if (pack_next(table, FIRST_NUMBER - 7, &number) == 0)
		FUZZ_HOLDS(number >= FIRST_NUMBER - 7);
}

/* The key is of N events, or the input's. */
static void
take_pack(const uint8_t *bytes, size_t len, unsigned n)
{
	struct store *store = store_open(dir, 0, PAGE_JOURNAL_OFF);
	struct store_table *table = store_table_make(store, STORE_EVENT, 1);
	unsigned char key[16];
	size_t key_len = (size_t)(wire_put_u16(wire_put_u64(key, FIRST_NUMBER + n - 1), (uint16_t)n) - key);

	if (n % 8 == 7 && len >= sizeof key)
		memcpy(key, bytes, key_len = 8 + n % sizeof key / 2);
	memory_put(&memory_disk.tables[0], (struct store_bytes){key, key_len}, (struct store_bytes){bytes, len});
	walk_pack(table, n);
	store_table_close(table);
	store_close(store);
	memory_clear(&memory_disk);
}

static void
write_file(const char *path, const uint8_t *bytes, size_t len, off_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	FUZZ_HOLDS(fd != -1 && write(fd, bytes, len) == (ssize_t)len && (size == 0 || ftruncate(fd, size) == 0));
	close(fd);
}

/* With a head that is right of what is behind it, or the input's. */
static void
take_filter(uint8_t *bytes, size_t len, unsigned how)
{
	uint64_t keys = how % 2 == 0 && len > 64 ? (len - 64) / 64 * 512 / FILTER_BITS : how;
	struct filter *filter;
	char path[64];

	snprintf(path, sizeof path, "%s/filter", dir);
	if (how % 2 == 0 && len >= 64) {
		unsigned char *p = bytes;

		len -= len % 64;
		memset(p, 0, 64);
		memcpy(p, "HSfilter", 8);
		p = wire_put_u64(wire_put_u32(wire_put_u32(p + 8, 1), 0), keys);
		p = wire_put_u64(p, len / 64 - 1);
		wire_put_u64(p, filter_hash(bytes + 64, len - 64));
	}
	write_file(path, bytes, len, 0);
	if ((filter = filter_load(path, keys)) == NULL) {
		FUZZ_HOLDS(errno == EPROTO);
		return;
	}
	for (uint64_t hash = 1; hash != 0; hash *= 3 * 256)
		(void)filter_may_have(filter, hash);
	(void)filter_may_have(filter, UINT64_MAX);
	filter_free(filter);
	fuzz_accepted++;
}

static void
log_path(char path[64], unsigned number)
{
	snprintf(path, 64, "%s/log.%010u", dir, number);
}

/* Files with the input's beginnings: those that have begun stay, and no other behind the last of them. */
static void
take_logs(const uint8_t *bytes, size_t len)
{
	static const uint8_t zeros[LOG_HEADER];
	bool begun[LOGS_MAX + 1] = {false};
	char path[64];
	unsigned last = 0;

	for (unsigned i = 1; i <= LOGS_MAX && len > 0; i++) {
		size_t n = len < LOG_HEADER ? len : LOG_HEADER;

		log_path(path, i);
		write_file(path, bytes, n, 4096);
		begun[i] = memcmp(bytes, zeros, n) != 0;
		last = begun[i] ? i : last;
		bytes += n;
		len -= n;
	}
	FUZZ_HOLDS(store_spare_clean(dir) == 0);
	for (unsigned i = 1; i <= LOGS_MAX; i++) {
		log_path(path, i);
		FUZZ_HOLDS((access(path, F_OK) == 0) == (i <= last));
		(void)unlink(path);
	}
	fuzz_accepted++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static bool begun;
	uint8_t *copy;

	if (!begun) {
		begun = true;
		FUZZ_HOLDS(mkdtemp(dir) != NULL);
		atexit(clean_up);
	}
	if (len < 2)
		return 0;
	copy = fuzz_copy(bytes + 2, len - 2);
	switch (bytes[0] % 4) {
	case 0:
		take_jumps(copy, len - 2);
		break;
	case 1:
		take_pack(copy, len - 2, bytes[1]);
		break;
	case 2:
		take_filter(copy, len - 2, bytes[1]);
		break;
	default:
		take_logs(copy, len - 2);
	}
	free(copy);
	return 0;
}
