/* With libFuzzer: says at the end how many inputs were taken for what they should be. */
#include "fuzz.h"

static void __attribute__((destructor)) tell(void)
{
	fprintf(stderr, "accepted: %lu\n", fuzz_accepted);
}
