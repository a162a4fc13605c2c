/*
 * Messages between spooler and runner, encoded and strictly decoded: neither end believes the other's lengths.
 */
#include "run.h"

#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>

#include "../lib/wire.h"
#include "variable.h"

#define FIXED_MAX 1024 /* bytes of a message besides its texts */

const char *
run_end_word(enum run_end end)
{
	static const char *const word[] = {
	    [RUN_EXITED] = "exited",
	    [RUN_SIGNALED] = "signal",
	    [RUN_TIMEOUT] = "timeout",
	    [RUN_FAILED] = "failed",
	    [RUN_ANSWERED] = "answered",
	    [RUN_QUIT] = "quit",
	    [RUN_NONSENSE] = "nonsense",
	};

	return end >= RUN_EXITED && end <= RUN_NONSENSE ? word[end] : "unknown";
}

static size_t
list_size(char *const *list)
{
	size_t size = 0;

	for (; *list != NULL; list++)
		size += strlen(*list) + 5;
	return size;
}

/* Texts are sent with their terminator, so that they can be used where they lie. */
static unsigned char *
put_string(unsigned char *p, const char *text)
{
	return wire_put_text(p, text, strlen(text) + 1);
}

static unsigned char *
put_list(unsigned char *p, char *const *list)
{
	uint16_t n = 0;

	while (list[n] != NULL)
		n++;
	p = wire_put_u16(p, n);
	for (; *list != NULL; list++)
		p = put_string(p, *list);
	return p;
}

static unsigned char *
put_surroundings(unsigned char *p, const struct run_start *run)
{
	p = wire_put_u8(p, (uint8_t)(run->keep_orphans | run->log_output << 1 | run->worker << 2));
	p = wire_put_u32(p, run->umask);
	p = wire_put_u32(p, run->nice);
	p = wire_put_u16(p, run->account);
	p = wire_put_u16(p, (uint16_t)run->nlimits);
	for (size_t i = 0; i < run->nlimits; i++) {
		p = wire_put_u32(p, run->limits[i].resource);
		p = wire_put_u64(p, run->limits[i].value);
	}
	p = wire_put_u64(p, run->idle_ms);
	p = wire_put_u64(p, run->number);
	return wire_put_u16(p, run->fixed);
}

size_t
run_encode_start(const struct run_start *run, unsigned char *out)
{
	unsigned char *p = out;

	if (list_size(run->arguments) + list_size(run->variables) + strlen(run->directory) + strlen(run->label) >
	    RUN_MESSAGE_MAX - FIXED_MAX)
		return 0;
	p = wire_put_u8(p, RUN_START);
	p = wire_put_u64(p, run->token);
	p = wire_put_u64(p, run->timeout_ms);
	p = wire_put_u64(p, run->grace_ms);
	p = wire_put_u32(p, run->output_max);
	p = put_list(p, run->arguments);
	p = put_list(p, run->variables);
	p = put_string(p, run->directory);
	p = put_string(p, run->label);
	p = put_surroundings(p, run);
	return (size_t)(p - out);
}

size_t
run_encode_report(const struct run_report *report, unsigned char *out)
{
	unsigned char *p = out;

	if (report->out_len > RUN_OUTPUT_MAX || report->err_len > RUN_OUTPUT_MAX)
		return 0;
	p = wire_put_u8(p, RUN_ENDED);
	p = wire_put_u64(p, report->token);
	p = wire_put_u8(p, (uint8_t)report->end);
	p = wire_put_u32(p, (uint32_t)report->code);
	p = wire_put_u64(p, report->started_ms);
	p = wire_put_u64(p, report->ended_ms);
	p = wire_put_u64(p, report->cpu_us);
	p = wire_put_u64(p, report->memory_kib);
	p = wire_put_u64(p, report->out_total);
	p = wire_put_u64(p, report->err_total);
	p = wire_put_u64(p, report->missed);
	p = wire_put_text(p, report->out, report->out_len);
	p = wire_put_text(p, report->err, report->err_len);
	return (size_t)(p - out);
}

/* A text that is a C string: its only NUL is its last byte. */
static char *
get_string(struct wire_reader *r)
{
	uint32_t len;
	const char *text = wire_get_text(r, RUN_MESSAGE_MAX, &len);

	if (text == NULL || len == 0 || memchr(text, '\0', len) != text + len - 1) {
		r->bad = true;
		return NULL;
	}
	return (char *)(uintptr_t)text;
}

static void
get_list(struct wire_reader *r, char **list, size_t max)
{
	size_t n = wire_get_u16(r);

	if (n > max) {
		r->bad = true;
		n = 0;
	}
	for (size_t i = 0; i < n; i++)
		list[i] = get_string(r);
	list[n] = NULL;
}

static size_t
get_count(struct wire_reader *r, size_t max)
{
	size_t n = wire_get_u16(r);

	if (n <= max)
		return n;
	r->bad = true;
	return 0;
}

static void
get_surroundings(struct wire_reader *r, struct run_start *run)
{
	uint8_t flags = wire_get_u8(r);

	run->keep_orphans = (flags & 1) != 0;
	run->log_output = (flags & 2) != 0;
	run->worker = (flags & 4) != 0;
	r->bad |= flags > 7;
	run->umask = wire_get_u32(r);
	run->nice = wire_get_u32(r);
	run->account = wire_get_u16(r);
	run->nlimits = get_count(r, RUN_LIMITS_MAX);
	for (size_t i = 0; i < run->nlimits; i++) {
		run->limits[i].resource = wire_get_u32(r);
		run->limits[i].value = wire_get_u64(r);
	}
	run->idle_ms = wire_get_u64(r);
	run->number = wire_get_u64(r);
	run->fixed = wire_get_u16(r);
	for (size_t i = 0; i < run->fixed && !r->bad; i++)
		r->bad = run->variables[i] == NULL;
}

/* "NAME=value" */
static bool
variable_fits(const char *variable)
{
	size_t len = strcspn(variable, "=");

	if (variable[len] != '=')
		return false;
	if (variable_is_own(variable, len))
		return variable_is_name(variable, len);
	return strcmp(variable, RUN_PATH) == 0 || variable_is_free(variable, len);
}

/* What a configuration can ask for, and nothing else. */
static bool
run_fits(const struct run_start *run)
{
	static const uint32_t limits[] = {
	    RLIMIT_CPU, RLIMIT_AS, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_FSIZE, RLIMIT_CORE};

	for (size_t i = 0; run->variables[i] != NULL; i++)
		if (!variable_fits(run->variables[i]))
			return false;
	for (size_t i = 0; i < run->nlimits; i++) {
		size_t known = 0;

		while (known < sizeof limits / sizeof limits[0] && limits[known] != run->limits[i].resource)
			known++;
		if (known == sizeof limits / sizeof limits[0])
			return false;
	}
	return run->arguments[0] != NULL && run->arguments[0][0] == '/' && run->directory[0] == '/' &&
	    run->output_max <= RUN_OUTPUT_MAX && run->umask <= 0777 && run->nice <= RUN_NICE_MAX &&
	    run->timeout_ms <= RUN_DURATION_MAX_MS && run->grace_ms <= RUN_DURATION_MAX_MS &&
	    run->idle_ms <= RUN_DURATION_MAX_MS;
}

int
run_decode_start(struct run_start *run, unsigned char *message, size_t len, const struct accounts *accounts)
{
	struct wire_reader r;

	wire_reader_init(&r, message, len);
	if (wire_get_u8(&r) != RUN_START)
		return -1;
	run->token = wire_get_u64(&r);
	run->timeout_ms = wire_get_u64(&r);
	run->grace_ms = wire_get_u64(&r);
	run->output_max = wire_get_u32(&r);
	get_list(&r, run->arguments, RUN_ARGUMENTS_MAX);
	get_list(&r, run->variables, RUN_VARIABLES_MAX);
	run->directory = get_string(&r);
	run->label = get_string(&r);
	get_surroundings(&r, run);
	if (r.bad || r.at != r.end || run->account >= accounts->n || !run_fits(run))
		return -1;
	run->as = &accounts->all[run->account];
	return 0;
}

int
run_decode_report(struct run_report *report, const unsigned char *message, size_t len)
{
	struct wire_reader r;
	uint8_t end;

	wire_reader_init(&r, message, len);
	if (wire_get_u8(&r) != RUN_ENDED)
		return -1;
	report->token = wire_get_u64(&r);
	end = wire_get_u8(&r);
	report->code = (int)wire_get_u32(&r);
	report->started_ms = wire_get_u64(&r);
	report->ended_ms = wire_get_u64(&r);
	report->cpu_us = wire_get_u64(&r);
	report->memory_kib = wire_get_u64(&r);
	report->out_total = wire_get_u64(&r);
	report->err_total = wire_get_u64(&r);
	report->missed = wire_get_u64(&r);
	report->out = wire_get_text(&r, RUN_OUTPUT_MAX, &report->out_len);
	report->err = wire_get_text(&r, RUN_OUTPUT_MAX, &report->err_len);
	if (r.bad || r.at != r.end || end < RUN_EXITED || end > RUN_NONSENSE)
		return -1;
	report->end = end;
	return 0;
}

size_t
run_encode_follow(uint64_t token, unsigned char *out)
{
	return (size_t)(wire_put_u64(wire_put_u8(out, RUN_FOLLOW), token) - out);
}

int
run_decode_follow(uint64_t *token, const unsigned char *message, size_t len)
{
	struct wire_reader r;
	bool is_one;

	wire_reader_init(&r, message, len);
	is_one = wire_get_u8(&r) == RUN_FOLLOW;
	*token = wire_get_u64(&r);
	return is_one && !r.bad && r.at == r.end ? 0 : -1;
}

size_t
run_encode_log(unsigned char *out)
{
	return (size_t)(wire_put_u8(out, RUN_LOG) - out);
}

int
run_decode_log(const unsigned char *message, size_t len)
{
	return len == 1 && message[0] == RUN_LOG ? 0 : -1;
}

size_t
run_encode_output(const struct run_output *output, unsigned char *out)
{
	unsigned char *p = wire_put_u8(out, RUN_OUTPUT);

	if (output->len > RUN_OUTPUT_MAX)
		return 0;
	p = wire_put_u64(p, output->token);
	p = wire_put_u64(p, output->missed);
	p = wire_put_u8(p, output->is_error);
	p = wire_put_text(p, output->bytes, output->len);
	return (size_t)(p - out);
}

int
run_decode_output(struct run_output *output, const unsigned char *message, size_t len)
{
	struct wire_reader r;
	bool is_one;
	uint8_t is_error;

	wire_reader_init(&r, message, len);
	is_one = wire_get_u8(&r) == RUN_OUTPUT;
	output->token = wire_get_u64(&r);
	output->missed = wire_get_u64(&r);
	is_error = wire_get_u8(&r);
	output->is_error = is_error != 0;
	output->bytes = wire_get_text(&r, RUN_OUTPUT_MAX, &output->len);
	return is_one && !r.bad && r.at == r.end && is_error <= 1 ? 0 : -1;
}
