/* Each try is a run of its own. */
#include "shrink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Leave out those from BEGIN on, SIZE of them, if it fails without them.  Returns whether any of them was still there, and is not now. */
static bool
try_without(bool *left_out, uint64_t begin, uint64_t size, bool (*fails)(void))
{
	bool before[size], any = false;

	memcpy(before, left_out + begin, size * sizeof before[0]);
	for (uint64_t i = 0; i < size; i++)
		any |= !before[i];
	if (!any)
		return false;
	memset(left_out + begin, true, size * sizeof left_out[0]);
	if (fails())
		return true;
	memcpy(left_out + begin, before, size * sizeof before[0]);
	return false;
}

uint64_t
shrink(bool *left_out, uint64_t steps, bool (*fails)(void))
{
	uint64_t n = 0;

	for (uint64_t size = steps / 2 + 1;; size /= 2) {
		for (uint64_t begin = 1; begin <= steps; begin += size)
			try_without(left_out, begin, begin + size <= steps + 1 ? size : steps + 1 - begin, fails);
		if (size == 1)
			break;
	}
	for (uint64_t i = 1; i <= steps; i++)
		n += !left_out[i];
	return n;
}

void
shrink_print(const bool *left_out, uint64_t steps)
{
	const char *comma = "";

	for (uint64_t first = 1, last; first <= steps; first = last + 1) {
		last = first;
		if (left_out[first])
			continue;
		while (last < steps && !left_out[last + 1])
			last++;
		printf("%s%llu", comma, (unsigned long long)first);
		if (last > first)
			printf("-%llu", (unsigned long long)last);
		comma = ",";
	}
}

void
shrink_parse(bool *left_out, uint64_t steps, const char *only)
{
	memset(left_out, true, (steps + 1) * sizeof left_out[0]);
	while (*only != '\0') {
		char *end;
		uint64_t first = strtoull(only, &end, 10), last = *end == '-' ? strtoull(end + 1, &end, 10) : first;

		for (uint64_t i = first; i <= last && i <= steps; i++)
			left_out[i] = false;
		only = *end == ',' ? end + 1 : end;
		if (*end != ',')
			break;
	}
}
