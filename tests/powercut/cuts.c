/*
 * Half of the cuts are anywhere, the others beside the steps that change what the disk has promised.  A page that comes too early is cut off at once
 * behind it, where nothing else has come to the disk.
 */
#include "cuts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "webhook.h"

static bool
is_turning(const struct record *r)
{
	return r->kind == RECORD_SYNC_END || r->kind == RECORD_SYNC_BEGIN || r->kind == RECORD_LINK ||
	    r->kind == RECORD_RENAME || r->kind == RECORD_UNLINK || r->kind == RECORD_SEND ||
	    (r->kind == RECORD_OPEN && r->what == OPEN_MADE);
}

static size_t
choose_step(const struct recording *recording, const struct cuts_plan *plan, uint64_t chance)
{
	size_t step = plan->from + webhook_mix(chance) % (plan->until - plan->from);

	if (chance % 2 == 0)
		return step;
	while (step + 1 < plan->until && !is_turning(recording->steps[step]))
		step++;
	return step + (chance >> 1) % 2;
}

static int
compare_cuts(const void *a, const void *b)
{
	const struct cuts_one *x = a, *y = b;

	return x->image.step < y->image.step ? -1 : x->image.step > y->image.step;
}

static void *
must(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

static struct cuts_one *
choose_any(const struct recording *recording, const struct cuts_plan *plan, size_t *n)
{
	struct cuts_one *cuts = must(calloc(plan->n + 1, sizeof *cuts));

	*n = plan->n;
	for (size_t i = 0; i < plan->n; i++) {
		uint64_t chance = webhook_mix(plan->seed ^ webhook_mix(i));

		cuts[i].image = (struct image_cut){.seed = webhook_mix(chance),
		    .unit = plan->units[i % 2],
		    .step = choose_step(recording, plan, chance)};
	}
	return cuts;
}

/* Pages of tables that were written, and where their log is. */
struct log_write {
	unsigned file;
	uint64_t begin, end;
	size_t step;
};

struct page_write {
	size_t step, opened; /* its file: since then */
	const char *name;
};

struct pages {
	struct log_write *logs;
	struct page_write *pages;
	size_t nlogs, npages;
};

static bool
is_table(const char *name)
{
	const char *end = strrchr(name, '.');

	return end != NULL && strncmp(name, "log.", 4) != 0 &&
	    (strcmp(end, ".db") == 0 || strspn(end + 1, "0123456789") == strlen(end + 1));
}

static void
find_pages(struct pages *pages, const struct recording *recording)
{
	static const char *names[DISK_FDS];
	static size_t opened[DISK_FDS];
	unsigned file;

	pages->logs = must(calloc(recording->n, sizeof pages->logs[0]));
	pages->pages = must(calloc(recording->n, sizeof pages->pages[0]));
	for (size_t i = 0; i < recording->n; i++) {
		const struct record *r = recording->steps[i];

		if (r->kind == RECORD_OPEN) {
			names[r->fd] = recording_name(r);
			opened[r->fd] = i;
		}
		if (r->kind != RECORD_WRITE || names[r->fd] == NULL || r->data == 0)
			continue;
		if (sscanf(names[r->fd], "log.%10u", &file) == 1)
			pages->logs[pages->nlogs++] = (struct log_write){file, r->offset, r->offset + r->len, i};
		else if (is_table(names[r->fd]) && r->len % DISK_PAGE == 0)
			pages->pages[pages->npages++] = (struct page_write){i, opened[r->fd], names[r->fd]};
	}
}

/* The step that wrote what the page's first eight bytes, its log sequence number, say; SIZE_MAX: none before it. */
static size_t
step_of_log(const struct pages *pages, const struct recording *recording, const struct page_write *page)
{
	uint32_t lsn[2];

	memcpy(lsn, recording_data(recording->steps[page->step]), sizeof lsn);
	for (size_t i = 0; i < pages->nlogs && pages->logs[i].step < page->step; i++)
		if (pages->logs[i].file == lsn[0] && pages->logs[i].begin <= lsn[1] && lsn[1] < pages->logs[i].end)
			return pages->logs[i].step;
	return SIZE_MAX;
}

static struct cuts_one *
choose_pages(const struct recording *recording, const struct cuts_plan *plan, size_t *n)
{
	struct cuts_one *cuts = must(calloc(plan->n + 1, sizeof *cuts));
	struct pages pages = {.nlogs = 0};
	uint64_t chance = plan->seed;

	find_pages(&pages, recording);
	*n = 0;
	for (size_t tries = 0; pages.npages > 0 && *n < plan->n && tries < plan->n * 100; tries++) {
		const struct page_write *page = &pages.pages[(chance = webhook_mix(chance)) % pages.npages];
		size_t step = step_of_log(&pages, recording, page);

		if (step == SIZE_MAX || step <= page->opened)
			continue;
		cuts[(*n)++] = (struct cuts_one){{.seed = chance, .unit = DISK_PAGE, .step = step, .keep = page->name},
		    recording->steps[page->step]};
	}
	free(pages.logs);
	free(pages.pages);
	return cuts;
}

struct cuts_one *
cuts_choose(const struct recording *recording, const struct cuts_plan *plan, size_t *n)
{
	struct cuts_one *cuts =
	    plan->broken == CUTS_PAGE ? choose_pages(recording, plan, n) : choose_any(recording, plan, n);

	if (*n > 0)
		qsort(cuts, *n, sizeof cuts[0], compare_cuts);
	return cuts;
}

static bool
flush_is_left_out(struct cuts_leaving *of, enum cuts_broken broken, const struct record *r)
{
	const bool *left_out = broken == CUTS_ACK ? of->log : of->directory;

	for (int i = 0; i < DISK_FLUSHES; i++) {
		if (r->kind == RECORD_SYNC_END && of->flushes[i] == r->offset) {
			of->flushes[i] = 0;
			return true;
		}
		if (r->kind == RECORD_SYNC_BEGIN && of->flushes[i] == 0 && left_out[r->fd]) {
			of->flushes[i] = r->offset;
			return true;
		}
	}
	return false;
}

bool
cuts_leaves_out(struct cuts_leaving *of, enum cuts_broken broken, const struct record *r)
{
	if (broken != CUTS_ACK && broken != CUTS_DIRECTORY)
		return false;
	if (r->kind == RECORD_OPEN) {
		of->log[r->fd] = strncmp(recording_name(r), "log.", 4) == 0;
		of->directory[r->fd] = r->what == OPEN_DIRECTORY;
	}
	return (r->kind == RECORD_SYNC_BEGIN || r->kind == RECORD_SYNC_END) && flush_is_left_out(of, broken, r);
}
