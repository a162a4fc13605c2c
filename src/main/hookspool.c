/* hookspool: see hookspool(1). */
#include "../cli/verbs.h"

int
main(int argc, char **argv)
{
	return verbs_main(argc, argv);
}
