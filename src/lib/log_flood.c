/* The limit's table under a mutex, which is not held while a line is written. */
#include "log_flood.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#include "clock.h"
#include "log.h"
#include "log_limit.h"

#define NOTE_SIZE 96 /* "; N more like this were left out" */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct log_limit limit;

static const char *
note(char *out, size_t size, const char *before, uint64_t left_out)
{
	snprintf(out, size, "%s%llu more like this %s left out", before, (unsigned long long)left_out,
	    left_out == 1 ? "was" : "were");
	return out;
}

void
log_flood(enum log_flood level, const char *subject, const char *reason, const char *format, ...)
{
	char text[LOG_LINE_MAX - NOTE_SIZE - 160],
	    more[NOTE_SIZE] = ""; /* log.c puts time, program and level before it */
	uint64_t left_out;
	va_list arguments;
	bool may;

	pthread_mutex_lock(&mutex);
	may = log_limit_take(&limit, subject, reason, clock_monotonic_ms(), &left_out);
	pthread_mutex_unlock(&mutex);
	if (!may)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (left_out > 0)
		note(more, sizeof more, "; ", left_out);
	if (level == LOG_FLOOD_ERROR)
		log_error("%s%s", text, more);
	else if (level == LOG_FLOOD_WARN)
		log_warn("%s%s", text, more);
	else
		log_info("%s%s", text, more);
}

void
log_flood_tell(bool all)
{
	const struct log_limit_kind *found;
	struct log_limit_kind kind;
	char text[NOTE_SIZE];
	uint64_t left_out;

	do {
		pthread_mutex_lock(&mutex);
		if ((found = log_limit_tell(&limit, clock_monotonic_ms(), all, &left_out)) != NULL)
			kind = *found;
		pthread_mutex_unlock(&mutex);
		if (found != NULL)
			log_warn("%s: %s: %s", kind.subject, kind.reason, note(text, sizeof text, "", left_out));
	} while (found != NULL);
}
