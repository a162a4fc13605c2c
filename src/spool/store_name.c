/* The names of tables' files. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_private.h"

static const char *const kind_name[STORE_KINDS] = {
    [STORE_EVENT] = "event",
    [STORE_BODY] = "body",
    [STORE_DELIVERY] = "delivery",
    [STORE_ATTEMPT] = "attempt",
    [STORE_SEEN] = "seen",
    [STORE_LANE] = "lane.db",
    [STORE_DUE] = "due.db",
    [STORE_REJECTED] = "rejected.db",
    [STORE_LATE] = "late.db",
    [STORE_META] = "meta.db",
};

void
store_name(char name[STORE_NAME_MAX], enum store_kind kind, uint32_t generation)
{
	const char *of = kind_name[kind];

	if (kind <= STORE_SEEN)
		snprintf(name, STORE_NAME_MAX, "%s.%08" PRIu32, of, generation);
	else
		snprintf(name, STORE_NAME_MAX, "%s", of);
}

const char *
store_name_read(const char *name, enum store_kind *kind, uint32_t *generation)
{
	for (int k = STORE_EVENT; k <= STORE_SEEN; k++) {
		size_t len = strlen(kind_name[k]);
		char again[STORE_NAME_MAX];

		if (strncmp(name, kind_name[k], len) != 0 || name[len] != '.')
			continue;
		*kind = (enum store_kind)k;
		*generation = (uint32_t)strtoul(name + len + 1, NULL, 10);
		store_name(again, *kind, *generation);
		return strncmp(name, again, strlen(again)) == 0 ? name + strlen(again) : NULL;
	}
	return NULL;
}
