/*
 * What a hook sees is made here: hookspool-hook(7).  Nothing of the sender's is ever an argument or a variable's name.
 */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/digest.h"
#include "../protocol/event.h"
#include "../protocol/run.h"
#include "../protocol/variable.h"
#include "../webhook/payload.h"

/* Variables under construction; TEXT holds them one behind the other. */
struct environment {
	struct run_start *run;
	size_t n, used;
	char text[RUN_MESSAGE_MAX];
};

/* A variable that does not fit leaves the environment over-full, which launch_make() refuses. */
static void
add_variable(struct environment *e, const struct event_variable *v)
{
	char *at = e->text + e->used;

	if (e->n == RUN_VARIABLES_MAX || v->name_len + v->value_len + 2 > sizeof e->text - e->used) {
		e->used = sizeof e->text;
		return;
	}
	memcpy(at, v->name, v->name_len);
	at[v->name_len] = '=';
	memcpy(at + v->name_len + 1, v->value, v->value_len);
	at[v->name_len + 1 + v->value_len] = '\0';
	e->used += v->name_len + v->value_len + 2;
	e->run->variables[e->n++] = at;
}

static void
add_bytes(struct environment *e, const char *name, const char *value, size_t len)
{
	add_variable(e, &(struct event_variable){name, value, (uint32_t)strlen(name), (uint32_t)len});
}

static void
add_text(struct environment *e, const char *name, const struct event *event, enum event_text text)
{
	add_bytes(e, name, event->text[text], event->len[text]);
}

static void
add_number(struct environment *e, const char *name, uint64_t value)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%llu", (unsigned long long)value);

	add_bytes(e, name, text, (size_t)n);
}

static void
add_time(struct environment *e, const char *name, uint64_t ms)
{
	char text[CLOCK_TEXT_SIZE] = "";
	size_t n = clock_text(text, ms);

	add_bytes(e, name, text, n);
}

/* One word, whatever the id's parts are: the digest of what makes the event the same webhook, hookspool-hook(7). */
static void
add_key(struct environment *e, const struct event *event)
{
	char bytes[CONF_NAME_MAX + 1 + EVENT_KEY_MAX], text[DIGEST_TEXT_SIZE];
	size_t source = event->len[EVENT_SOURCE], key = event->len[EVENT_KEY];

	memcpy(bytes, event->text[EVENT_SOURCE], source);
	bytes[source] = '\0';
	memcpy(bytes + source + 1, event->text[EVENT_KEY], key);
	if (digest_text(text, bytes, source + 1 + key) == 0)
		add_bytes(e, VARIABLE_KEY, text, strlen(text));
	else
		e->used = sizeof e->text;
}

static void
add_all(struct environment *e, const struct launch *launch, const struct payload_bytes *payload)
{
	const struct event *event = launch->event;

	e->run->variables[e->n++] = (char *)(uintptr_t)RUN_PATH;
	add_text(e, VARIABLE_SOURCE, event, EVENT_SOURCE);
	add_bytes(e, VARIABLE_HOOK, launch->hook->title, strlen(launch->hook->title));
	e->run->fixed = (uint16_t)e->n; /* what follows is this event's */
	add_number(e, VARIABLE_NUMBER, launch->number);
	add_text(e, VARIABLE_EVENT, event, EVENT_TYPE);
	add_text(e, VARIABLE_ID, event, EVENT_ID);
	add_key(e, event);
	add_bytes(e, VARIABLE_CONTENT_TYPE, payload->content_type, payload->content_type_len);
	add_number(e, VARIABLE_ATTEMPT, launch->attempt);
	add_time(e, VARIABLE_RECEIVED_AT, event->received_ms);
	for (size_t i = 0; i < event->nenv; i++)
		add_variable(e, &event->env[i]);
}

/* The body as a file that can be read and sought in, but not changed. */
static int
body_descriptor(const struct payload_bytes *payload)
{
	int fd = memfd_create("webhook", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t written = 0;

	if (fd == -1)
		return -1;
	while (written < payload->len) {
		ssize_t n = pwrite(fd, payload->bytes + written, payload->len - written, (off_t)written);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			goto fail;
		written += (size_t)n;
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
		return fd; /* its position is at the beginning still */
fail:
	close(fd);
	return -1;
}

static void
copy_surroundings(struct run_start *run, const struct hook *hook)
{
	run->keep_orphans = hook->keep_orphans;
	run->log_output = hook->log_output;
	run->umask = hook->umask;
	run->nice = hook->nice;
	run->nlimits = hook->nlimits;
	memcpy(run->limits, hook->limits, sizeof run->limits);
}

static size_t
encode(const struct launch *launch, const struct payload_bytes *payload, unsigned char *message)
{
	static struct environment e;
	char label[32 + CONF_NAME_MAX + CONF_TITLE_MAX];
	struct run_start run = {
	    .token = launch->token,
	    .timeout_ms = launch->hook->timeout_ms,
	    .grace_ms = launch->hook->grace_ms,
	    .output_max = (uint32_t)launch->hook->output_max,
	    .directory = launch->hook->directory != NULL ? launch->hook->directory : (char *)(uintptr_t) "/",
	    .label = label,
	    .worker = launch->hook->worker,
	    .idle_ms = launch->hook->idle_ms,
	    .number = launch->number,
	    .account = launch->account,
	};
	size_t n = 0;

	snprintf(label, sizeof label, "event %llu: %s/%s", (unsigned long long)launch->number, launch->source->name,
	    launch->hook->title);
	copy_surroundings(&run, launch->hook);

	for (; launch->hook->command[n] != NULL; n++) {
		if (n == RUN_ARGUMENTS_MAX)
			return 0;
		run.arguments[n] = launch->hook->command[n];
	}
	e.run = &run;
	e.n = e.used = 0;
	add_all(&e, launch, payload);
	return e.used == sizeof e.text ? 0 : run_encode_start(&run, message);
}

int
launch_make(struct launch_message *message, const struct launch *launch)
{
	static unsigned char bytes[RUN_MESSAGE_MAX];
	struct payload_bytes payload;
	int saved;

	if (payload_of(&payload, launch->source, launch->event) != 0)
		return -1;
	*message = (struct launch_message){bytes, encode(launch, &payload, bytes), -1};
	if (message->len == 0)
		errno = E2BIG;
	else
		message->body = body_descriptor(&payload);
	saved = errno;
	payload_free(&payload);
	errno = saved;
	return message->body != -1 ? 0 : -1;
}
