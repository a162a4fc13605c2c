/* Tables.  Widths count characters of UTF-8, not columns of wide ones: good enough for ids and event types. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "../lib/text.h"

struct table {
	const char *const *headings;
	size_t n, rows, room;
	size_t width[TABLE_COLUMNS_MAX];
	char **cells;
	bool started;
};

static size_t
width(const char *text)
{
	return text_characters(text, strlen(text));
}

struct table *
table_new(const char *const *headings, size_t n)
{
	struct table *table = calloc(1, sizeof *table);

	if (table == NULL)
		return NULL;
	table->headings = headings;
	table->n = n;
	for (size_t i = 0; i < n; i++)
		table->width[i] = strlen(headings[i]);
	return table;
}

static int
make_room(struct table *table)
{
	size_t room = table->room == 0 ? 64 : 2 * table->room;
	char **larger;

	if (table->rows < table->room)
		return 0;
	if ((larger = realloc(table->cells, room * table->n * sizeof *larger)) == NULL)
		return -1;
	table->cells = larger;
	table->room = room;
	return 0;
}

int
table_row(struct table *table, const char *const *cells)
{
	char **row;

	if (make_room(table) != 0)
		return -1;
	row = table->cells + table->rows * table->n;
	for (size_t i = 0; i < table->n; i++) {
		size_t size = 4 * strlen(cells[i]) + 1;

		if ((row[i] = malloc(size)) == NULL) {
			while (i > 0)
				free(row[--i]);
			return -1;
		}
		text_visible(row[i], size, cells[i], strlen(cells[i]));
		if (width(row[i]) > table->width[i])
			table->width[i] = width(row[i]);
	}
	table->rows++;
	return 0;
}

static void
write_row(const struct table *table, FILE *out, const char *const *cells, bool aligned)
{
	for (size_t i = 0; i < table->n; i++) {
		fputs(cells[i], out);
		if (i + 1 == table->n)
			fputc('\n', out);
		else if (aligned)
			fprintf(out, "%*s", (int)(table->width[i] - width(cells[i]) + 2), "");
		else
			fputc('\t', out);
	}
}

void
table_write(struct table *table, FILE *out, bool aligned)
{
	if (aligned && !table->started)
		write_row(table, out, table->headings, true);
	table->started = true;
	for (size_t i = 0; i < table->rows; i++) {
		char **row = table->cells + i * table->n;

		write_row(table, out, (const char *const *)row, aligned);
		for (size_t j = 0; j < table->n; j++)
			free(row[j]);
	}
	table->rows = 0;
}

void
table_free(struct table *table)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < table->rows * table->n; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}
