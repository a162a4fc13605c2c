/* The log, to nowhere; with SIM_LOG in the environment to standard error. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../src/lib/log.h"
#include "../../src/lib/log_flood.h"
#include "../model/reference.h"

static void
say(const char *format, va_list args)
{
	static int aloud = -1;

	if (aloud == -1)
		aloud = getenv("SIM_LOG") != NULL;
	if (aloud == 0)
		return;
	fprintf(stderr, "%llu ", (unsigned long long)m.now_ms);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

#define LINE(FUNCTION)                         \
	void FUNCTION(const char *format, ...) \
	{                                      \
		va_list args;                  \
                                               \
		va_start(args, format);        \
		say(format, args);             \
		va_end(args);                  \
	}
LINE(log_error)
LINE(log_warn)
LINE(log_info)
LINE(log_debug)

void
log_flood(enum log_flood level, const char *subject, const char *reason, const char *format, ...)
{
	va_list args;

	(void)level;
	(void)subject;
	(void)reason;
	va_start(args, format);
	say(format, args);
	va_end(args);
}

void
log_flood_tell(bool all)
{
	(void)all;
}

void
log_follow(void)
{
}

unsigned
log_files(void)
{
	return 0;
}

int
log_descriptor(void)
{
	return -1;
}
