/* What the command says of itself. */
#include "usage.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"

const char usage_text[] =
    "usage: hookspool [-c file] verb ...\n"
    "  list [--json] [--newest] [--from number] [--limit n] [--field body:/pointer=value] [filter ...]\n"
    "  show [--json] number     what is known of an event\n"
    "  body number              its bytes\n"
    "  retry [--json] [--hook hook] [--force] number ...\n"
    "  drop [--json] [--hook hook] number ...\n"
    "                           give what is queued or dead up; - reads the numbers from standard input\n"
    "  retry | drop --state dead|unhandled|queued|dropped [--hook hook] [--dry-run] [--yes] [filter ...]\n"
    "                           all of them\n"
    "  FILTER: --source name --event glob --state state --id id --lane lane --since time --until time\n"
    "  FILTER: --error result[:code]|output:text --attempts n --secret n\n"
    "  suspend | resume source/title ...\n"
    "                           let a hook rest; let it run again\n"
    "  pause                    let all hooks rest; resume without a hook lets them run again\n"
    "  reload                   read the configuration again\n"
    "  follow [--hook name] number\n"
    "                           what its hook prints, as it comes\n"
    "  tail [--json] [filter ...]\n"
    "                           what is accepted, and which runs end, as it happens\n"
    "  status [--json]\n"
    "  sign [--event type] [--id id] [--secret n] [--key file] [--timestamp n] [--method name] [--header line] source\n"
    "                           header lines for the body on standard input\n"
    "  explain --headers file [--at time] [--address address] source\n"
    "                           how a request with the body on standard input would be judged\n"
    "  check                    what is wrong with the configuration\n";

static bool
begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

/* Whether a line is about the verb: its first word is, or its second behind a bar. */
static bool
is_about(const char *line, const char *verb)
{
	size_t len = strlen(verb);

	if (!begins(line, "  ") || line[2] == ' ')
		return false;
	line += 2;
	if (begins(line, verb) && !isalpha((unsigned char)line[len]))
		return true;
	line += strcspn(line, " \n");
	return begins(line, " | ") && begins(line + 3, verb) && !isalpha((unsigned char)line[3 + len]);
}

void
usage_of(const char *verb)
{
	bool shown = false, filters = false;

	fputs("usage: hookspool [-c file] verb ...\n", stdout);
	for (const char *line = usage_text, *next; *line != '\0'; line = next) {
		size_t len = strcspn(line, "\n") + 1;

		next = line + len;
		if (begins(line, "  FILTER"))
			shown = filters;
		else if (!begins(line, "   "))
			shown = is_about(line, verb);
		filters |= shown && memmem(line, len, "[filter", strlen("[filter")) != NULL;
		if (shown)
			fwrite(line, 1, len, stdout);
	}
	puts("hookspool(1) says more.");
}

int
usage_error(const char *what)
{
	fprintf(stderr, "hookspool: %s\n%s", what, usage_text);
	return EXIT_USAGE;
}

int
no_source(const struct conf *conf, const char *name)
{
	fprintf(stderr, "hookspool: %s has no source \"%s\"\n", conf->file, name);
	return EXIT_FAILURE;
}

unsigned long long
number_of(const char *text)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	return *text < '0' || *text > '9' || *end != '\0' || errno != 0 ? 0 : value;
}
