/* What a hook prints is nobody's format string, and its control characters reach no terminal. */
#include "line_log.h"

#include "../lib/log.h"
#include "../lib/text.h"

static void
flush(struct line_log *log)
{
	char visible[4 * LINE_LOG_BYTES + 1];

	if (log->lines < LINE_LOG_LINES)
		log_info(
		    "%s: %s: %s", log->label, log->stream, text_visible(visible, sizeof visible, log->line, log->len));
	else if (log->lines == LINE_LOG_LINES)
		log_warn("%s: %s: more than %d lines: the rest is not logged", log->label, log->stream, LINE_LOG_LINES);
	if (log->lines <= LINE_LOG_LINES)
		log->lines++;
	log->len = 0;
}

void
line_log_add(struct line_log *log, const char *bytes, size_t len)
{
	if (log->label == NULL || log->lines > LINE_LOG_LINES)
		return;
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n') {
			flush(log);
			continue;
		}
		if (log->len == sizeof log->line)
			flush(log);
		log->line[log->len++] = bytes[i];
	}
}

void
line_log_end(struct line_log *log)
{
	if (log->label != NULL && log->len > 0)
		flush(log);
}
