/* The option page-journal: whether pages of the spool's tables go through a journal before they overwrite others. */
#ifndef HOOKSPOOL_PAGE_JOURNAL_H
#define HOOKSPOOL_PAGE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

enum page_journal {
	PAGE_JOURNAL_AUTO, /* unless the disk writes pages whole, as far as is known */
	PAGE_JOURNAL_ON,
	PAGE_JOURNAL_OFF
};

#define PAGE_JOURNAL_WHY_MAX 192

/* What the option comes to for a spool in DIR; WHY: what protects its pages, as a line. */
bool page_journal_decide(enum page_journal, const char *dir, char why[PAGE_JOURNAL_WHY_MAX]);

#endif
