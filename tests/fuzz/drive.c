/*
 * Runs a fuzz target without a fuzzer: each file of its corpus, then mutations of them, always the same ones.  FUZZ_RUNS says how many
 * mutations, FUZZ_SEED with which numbers; what made it fail is left in the file fuzz-failed.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define FILES_MAX 256
#define INPUT_MAX 8192

static struct input {
	uint8_t *bytes;
	size_t len;
} corpus[FILES_MAX];
static size_t ncorpus;
static uint8_t current[INPUT_MAX];
static size_t current_len;
static uint64_t random_state;

static const char *const words[] = {"\"", "{", "}", "[", "]", ",", ":", "\\u0000", "\\ud800", "\\u00e9", "\\", "/",
    "t=", "v1=", "v1,", "sha256=", "=", "&", "%00", "%", "+", "1e999", "-0", "0.0", "\xff", "\xc3\xa9", "\xed\xa0\x80",
    "\xf0\x9f\x98\x80", "0", "-1", "9999999999999999999", "18446744073709551616", "\n", "\r\n", ": ", " ", "true",
    "null", "''", "#", "*", "[!a]", "?", ".", "::ffff:", "/0", "\x01", "\x02", "{{", "}}", "{body}", "~1", "~0"};

static uint32_t
dice(uint32_t sides)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % sides;
}

static size_t
place(void)
{
	return current_len == 0 ? 0 : dice((uint32_t)current_len);
}

static void
insert(size_t at, const void *bytes, size_t len)
{
	if (current_len + len > INPUT_MAX)
		return;
	memmove(current + at + len, current + at, current_len - at);
	memcpy(current + at, bytes, len);
	current_len += len;
}

static void
mutate(void)
{
	size_t at = place(), len = current_len - at > 0 ? dice((uint32_t)(current_len - at)) : 0;
	const struct input *other = &corpus[dice((uint32_t)ncorpus)];
	uint8_t copy[256];

	switch (dice(7)) {
	case 0:
		if (current_len > 0)
			current[at] ^= (uint8_t)(1u << dice(8));
		break;
	case 1:
		if (current_len > 0)
			current[at] = (uint8_t)dice(256);
		break;
	case 2: {
		const char *word = words[dice(sizeof words / sizeof words[0])];

		insert(at, word, strlen(word));
		break;
	}
	case 3: /* without a piece */
		memmove(current + at, current + at + len, current_len - at - len);
		current_len -= len;
		break;
	case 4: /* a piece twice */
		len = len > sizeof copy ? sizeof copy : len;
		memcpy(copy, current + at, len);
		insert(at, copy, len);
		break;
	case 5: /* a piece of another file */
		if (other->len > 0) {
			size_t from = dice((uint32_t)other->len);

			len = 1 + dice((uint32_t)(other->len - from));
			insert(at, other->bytes + from, len > 64 ? 64 : len);
		}
		break;
	default: /* cut off */
		current_len = at;
	}
}

static void
save(void)
{
	int fd = open("fuzz-failed", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)!write(fd, current, current_len);
	close(fd);
}

static void
on_failure(int number)
{
	save();
	signal(number, SIG_DFL);
	raise(number);
}

/* Of the sanitizers, when they are there: called before they end the process. */
void __sanitizer_set_death_callback(void (*)(void)) __attribute__((weak));

static void
read_corpus(const char *directory)
{
	struct dirent **names;
	int n = scandir(directory, &names, NULL, alphasort);

	if (n < 0) {
		perror(directory);
		exit(2);
	}
	for (int i = 0; i < n; i++) {
		char path[4096];
		FILE *file;

		snprintf(path, sizeof path, "%s/%s", directory, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && ncorpus < FILES_MAX && (file = fopen(path, "re")) != NULL) {
			struct input *input = &corpus[ncorpus++];

			input->bytes = malloc(INPUT_MAX);
			input->len = fread(input->bytes, 1, INPUT_MAX, file);
			fclose(file);
		}
		free(names[i]);
	}
	free(names);
}

static unsigned long
setting(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value != NULL ? strtoul(value, NULL, 10) : otherwise;
}

int
main(int argc, char **argv)
{
	unsigned long runs = setting("FUZZ_RUNS", &fuzz_runs != NULL ? fuzz_runs : 10000);
	const char *source = getenv("HOOKSPOOL_SOURCE");
	char directory[2048];

	random_state = setting("FUZZ_SEED", 1) * 0x9e3779b97f4a7c15u;
	if (argc > 1)
		snprintf(directory, sizeof directory, "%s", argv[1]);
	else
		snprintf(
		    directory, sizeof directory, "%s/tests/fuzz/corpus/%s", source != NULL ? source : ".", fuzz_name);
	read_corpus(directory);
	signal(SIGABRT, on_failure);
	signal(SIGSEGV, on_failure);
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(save);
	for (size_t i = 0; i < ncorpus; i++) {
		memcpy(current, corpus[i].bytes, current_len = corpus[i].len);
		LLVMFuzzerTestOneInput(current, current_len);
	}
	for (unsigned long i = 0; i < runs && ncorpus > 0; i++) {
		const struct input *from = &corpus[dice((uint32_t)ncorpus)];

		memcpy(current, from->bytes, current_len = from->len);
		for (unsigned changes = 1 + dice(8); changes > 0; changes--)
			mutate();
		LLVMFuzzerTestOneInput(current, current_len);
	}
	for (size_t i = 0; i < ncorpus; i++)
		free(corpus[i].bytes);
	printf("1..1\n%sok 1 - fuzz %s: %zu files and %lu mutations of them, %lu accepted\n",
	    fuzz_accepted > 0 ? "" : "not ", fuzz_name, ncorpus, runs, fuzz_accepted);
	return fuzz_accepted > 0 ? 0 : 1;
}
