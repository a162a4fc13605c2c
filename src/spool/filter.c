/* Seven bits a key: eight would be best at FILTER_BITS if blocks were evenly full, and 9 bits of a hash each still fit into one. */
#include "filter.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/wire.h"

#define VERSION 1
#define HEAD 64 /* a block's size, so that blocks are where lines of the cache are */
#define BLOCK 64
#define BLOCK_BITS (BLOCK * 8)
#define BITS_SET 7
#define KEYS_MAX (1ull << 37) /* so that there are fewer than 2^32 blocks: 192 GiB */

static const char magic[8] = {'H', 'S', 'f', 'i', 'l', 't', 'e', 'r'};

struct filter {
	uint64_t keys, blocks;
	unsigned char *bytes; /* as the file has them */
	bool mapped;
};

/* MurmurHash3's last step (Appleby): each bit of the result depends on each of the argument. */
static uint64_t
mixed(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}

uint64_t
filter_hash(const void *key, size_t len)
{
	const unsigned char *bytes = key;
	uint64_t h = len + 0x9e3779b97f4a7c15u, word;

	for (; len >= 8; len -= 8, bytes += 8) {
		memcpy(&word, bytes, 8);
		h = mixed(h ^ be64toh(word));
	}
	for (size_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * 0x100000001b3u; /* FNV-1a */
	return mixed(h);
}

static uint64_t
size_for(uint64_t keys)
{
	return HEAD + (keys * FILTER_BITS / BLOCK_BITS + 1) * BLOCK;
}

/* Whether memory has addresses enough. */
static bool
fits(uint64_t keys)
{
	return keys < KEYS_MAX && size_for(keys) <= SIZE_MAX / 2;
}

/* Without bytes yet.  Returns owned, or NULL with errno. */
static struct filter *
sized(uint64_t keys)
{
	struct filter *filter = NULL;

	if (!fits(keys))
		errno = ENOMEM;
	else if ((filter = calloc(1, sizeof *filter)) != NULL) {
		filter->keys = keys;
		filter->blocks = (size_for(keys) - HEAD) / BLOCK;
	}
	return filter;
}

struct filter *
filter_new(uint64_t keys)
{
	struct filter *filter = sized(keys);

	if (filter == NULL)
		return NULL;
	if ((filter->bytes = aligned_alloc(BLOCK, size_for(keys))) == NULL) {
		free(filter);
		return NULL;
	}
	memset(filter->bytes, 0, size_for(keys));
	return filter;
}

void
filter_free(struct filter *filter)
{
	if (filter == NULL)
		return;
	if (filter->mapped)
		munmap(filter->bytes, size_for(filter->keys));
	else
		free(filter->bytes);
	free(filter);
}

/* HASH times N, the upper 64 bits of 128: below N, and evenly so.  N is below 2^32. */
static uint64_t
scaled(uint64_t hash, uint64_t n)
{
	return ((hash >> 32) * n + ((hash & UINT32_MAX) * n >> 32)) >> 32;
}

static unsigned char *
block_of(const struct filter *filter, uint64_t hash)
{
	return filter->bytes + HEAD + scaled(hash, filter->blocks) * BLOCK;
}

/* The bits come from another hash than the block: of one, keys of a block would have the first bits in common.  Nine bits of it each. */
static uint64_t
bits_of(uint64_t hash)
{
	return mixed(hash + 0x9e3779b97f4a7c15u);
}

void
filter_add(struct filter *filter, uint64_t hash)
{
	unsigned char *block = block_of(filter, hash);
	uint64_t bits = bits_of(hash);

	for (int i = 0; i < BITS_SET; i++, bits >>= 9)
		block[bits / 8 % BLOCK] |= (unsigned char)(1u << bits % 8);
}

bool
filter_may_have(const struct filter *filter, uint64_t hash)
{
	const unsigned char *block = block_of(filter, hash);
	uint64_t bits = bits_of(hash);

	for (int i = 0; i < BITS_SET; i++, bits >>= 9)
		if ((block[bits / 8 % BLOCK] & 1u << bits % 8) == 0)
			return false;
	return true;
}

/* What the file begins with. */
static void
make_head(const struct filter *filter, unsigned char head[HEAD])
{
	unsigned char *p = head;

	memset(head, 0, HEAD);
	memcpy(p, magic, sizeof magic);
	p = wire_put_u32(p + sizeof magic, VERSION);
	p = wire_put_u32(p, 0);
	p = wire_put_u64(p, filter->keys);
	p = wire_put_u64(p, filter->blocks);
	wire_put_u64(p, filter_hash(filter->bytes + HEAD, filter->blocks * BLOCK));
}

/* All of it.  Returns 0, or -1 with errno. */
static int
write_all(int fd, const unsigned char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n == -1 && errno != EINTR)
			return -1;
		bytes += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int
filter_save(struct filter *filter, const char *path)
{
	char new[PATH_MAX];
	int fd, failed, saved;

	if ((size_t)snprintf(new, sizeof new, "%s.new", path) >= sizeof new) {
		errno = ENAMETOOLONG;
		return -1;
	}
	/* What has the name is none of ours, or half written: to open a FIFO could take for ever. */
	if ((unlink(new) != 0 && errno != ENOENT) ||
	    (fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1)
		return -1;
	make_head(filter, filter->bytes);
	failed =
	    write_all(fd, filter->bytes, size_for(filter->keys)) != 0 || fdatasync(fd) != 0 || rename(new, path) != 0;
	saved = errno;
	close(fd);
	errno = saved;
	return failed ? -1 : 0;
}

/* Returns 0, or -1 with errno. */
static int
map(struct filter *filter, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	void *bytes = MAP_FAILED;

	if (fd == -1)
		return -1;
	errno = EPROTO;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size_for(filter->keys))
		bytes = mmap(NULL, size_for(filter->keys), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return -1;
	filter->bytes = bytes;
	filter->mapped = true;
	return 0;
}

struct filter *
filter_load(const char *path, uint64_t keys)
{
	struct filter *filter = sized(keys);
	unsigned char head[HEAD];
	int saved;

	if (filter == NULL)
		return NULL;
	if (map(filter, path) == 0) {
		make_head(filter, head);
		if (memcmp(head, filter->bytes, HEAD) == 0)
			return filter;
		errno = EPROTO;
	}
	saved = errno;
	filter_free(filter);
	errno = saved;
	return NULL;
}
