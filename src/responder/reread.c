/* One line in the log for each change, whether it can be used or not: the files are then known as they are, and looked at again only when they change. */
#include "reread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/log.h"
#include "handover.h"
#include "rules.h"

void
reread(struct conf_stamps *stamps, struct rules_book *book, struct handover *handover)
{
	const char *same = conf_stamps_file(stamps);
	char *why = NULL, *file = same != NULL ? strdup(same) : NULL;
	struct conf *conf = NULL;
	size_t size;
	FILE *errors = open_memstream(&why, &size);

	if (errors != NULL && file != NULL)
		conf = conf_read_stamped(file, CONF_SECRETS, errors, stamps);
	if (errors != NULL)
		fclose(errors);
	if (conf == NULL) {
		log_error("the configuration has changed and can't be used, the one before stays: %.*s",
		    why != NULL ? (int)strcspn(why, "\n") : 0, why != NULL ? why : "");
	} else {
		log_info("%s has changed and is used from now on: %zu sources", file, conf->nsources);
		if (handover_follow(handover, conf) != 0 || rules_book_turn(book, conf) != 0)
			log_error("out of memory: the configuration is used in part");
	}
	free(why);
	free(file);
}
