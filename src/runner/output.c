/* Bounded keeping of a stream: all of it as long as it fits, else its first and its last part. */
#include "output.h"

#include <stdio.h>
#include <string.h>

#define NOTE_MAX 64 /* "[… bytes left out …]" with its line feeds */

void
output_init(struct output *output, uint32_t max)
{
	output->max = max;
	output->total = 0;
	output->head_len = output->tail_len = output->tail_at = 0;
}

static void
add_tail(struct output *output, const char *bytes, size_t len)
{
	size_t size = output->max;

	if (size == 0)
		return;
	if (len > size) {
		bytes += len - size;
		len = size;
	}
	while (len > 0) {
		size_t n = size - output->tail_at < len ? size - output->tail_at : len;

		memcpy(output->tail + output->tail_at, bytes, n);
		output->tail_at = (output->tail_at + n) % size;
		output->tail_len = output->tail_len + n > size ? size : output->tail_len + n;
		bytes += n;
		len -= n;
	}
}

void
output_add(struct output *output, const char *bytes, size_t len)
{
	size_t room = output->max - output->head_len, n = len < room ? len : room;

	if (len == 0) /* BYTES may be NULL */
		return;
	output->total += len;
	memcpy(output->head + output->head_len, bytes, n);
	output->head_len += n;
	add_tail(output, bytes + n, len - n);
}

/* The last N bytes of the ring. */
static void
copy_tail(const struct output *output, char *out, size_t n)
{
	size_t size = output->max, from = (output->tail_at + size - n) % size;

	for (size_t i = 0; i < n; i++)
		out[i] = output->tail[(from + i) % size];
}

uint32_t
output_kept(const struct output *output, char *out)
{
	char note[NOTE_MAX];
	size_t half, len, tail;

	if (output->tail_len == 0 || output->max < 4 * NOTE_MAX) {
		memcpy(out, output->head, output->head_len);
		return (uint32_t)output->head_len;
	}
	half = (output->max - NOTE_MAX) / 2;
	tail = output->tail_len < half ? output->tail_len : half;
	len = (size_t)snprintf(
	    note, sizeof note, "\n[... %llu bytes left out ...]\n", (unsigned long long)(output->total - half - tail));
	memcpy(out, output->head, half);
	memcpy(out + half, note, len);
	copy_tail(output, out + half + len, tail);
	return (uint32_t)(half + len + tail);
}
