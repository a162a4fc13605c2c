#include "page_journal.h"

#include <stdio.h>

#include "../lib/disk.h"

#define PAGE 4096 /* the spool's tables' */

bool
page_journal_decide(enum page_journal wish, const char *dir, char why[PAGE_JOURNAL_WHY_MAX])
{
	struct disk disk;
	bool journal;

	disk_look(dir, PAGE, &disk);
	journal = wish == PAGE_JOURNAL_ON || (wish == PAGE_JOURNAL_AUTO && !disk.whole);
	snprintf(why, PAGE_JOURNAL_WHY_MAX, "%s (%s: %s)",
	    journal	     ? "journal"
		: disk.whole ? "no journal"
			     : "NOT PROTECTED from a power cut",
	    wish == PAGE_JOURNAL_AUTO	  ? "auto"
		: wish == PAGE_JOURNAL_ON ? "on"
					  : "off",
	    disk.what);
	return journal;
}
