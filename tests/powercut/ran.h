/* What a hook leaves in the ledger of hooks, in one write each. */
#ifndef POWERCUT_RAN_H
#define POWERCUT_RAN_H

#include <stdint.h>

struct ran {
	uint64_t number; /* of the event */
	uint64_t real_ns;
	uint64_t code; /* what it ended with */
};

#endif
