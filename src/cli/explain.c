/* hookspool explain SOURCE: how a request that was captured would be judged, step by step. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/media.h"
#include "../webhook/address.h"
#include "../webhook/handshake.h"
#include "../webhook/validate.h"
#include "explain_signature.h"
#include "headers.h"
#include "input.h"
#include "verbs.h"

#define LABEL "  %-11s "

struct options {
	const char *address;
	unsigned long long at; /* seconds since the epoch; 0: now */
	struct headers headers;
};

static int
would_answer(const char *what)
{
	printf("answer: %s\n", what);
	return EXIT_FAILURE;
}

static void
print_event(const struct event *event)
{
	puts("event");
	explain_text("type", event->text[EVENT_TYPE], event->len[EVENT_TYPE]);
	explain_text("id", event->text[EVENT_ID], event->len[EVENT_ID]);
	if (event->len[EVENT_LANE] > 0)
		explain_text("lane", event->text[EVENT_LANE], event->len[EVENT_LANE]);
	if (event->len[EVENT_GUARD] > 0)
		printf(LABEL "on: the same body under another id is a duplicate\n", "replay-guard");
	for (size_t i = 0; i < event->nenv; i++)
		explain_text(event->env[i].name, event->env[i].value, event->env[i].value_len);
}

static void
print_hook(const struct source *source, const struct event *event)
{
	char type[EVENT_TYPE_MAX + 1];
	const struct hook *hook;

	snprintf(type, sizeof type, "%.*s", (int)event->len[EVENT_TYPE], event->text[EVENT_TYPE]);
	hook = conf_hook_for(source, type);
	printf(LABEL "%s\n", "hook", hook != NULL ? hook->title : "none: the event would be unhandled");
}

static int
explain_event(struct validator *validator, const struct source *source, struct event *event)
{
	const char *selector;
	enum validate_result result = validate_event(validator, event, &selector);

	if (result != VALIDATE_OK) {
		puts("event");
		printf(LABEL "%.*s\n", "refused", (int)event->len[EVENT_REASON], event->text[EVENT_REASON]);
		return would_answer("400 invalid-field; kept as rejected");
	}
	if (source->nfields > 0)
		printf("fields: the %zu rules of the source hold where they apply\n", source->nfields);
	print_event(event);
	print_hook(source, event);
	puts("answer: 200, if the spooler takes it");
	return EXIT_SUCCESS;
}

/* Returns -1: it is no handshake. */
static int
explain_handshake(const struct source *source, bool get, struct select *select, size_t secret)
{
	static struct handshake_answer answer;
	struct signer *signer = signer_new(source);
	enum handshake_result result =
	    signer != NULL ? handshake_find(source, get, select, signer, secret, &answer) : HANDSHAKE_NONE;

	signer_free(signer);
	if (result == HANDSHAKE_NONE)
		return -1;
	printf("handshake \"%s\"\n", answer.handshake->name);
	if (result == HANDSHAKE_UNAUTHORIZED)
		return would_answer("401: its token is missing, or none of those in token-file");
	if (result == HANDSHAKE_INVALID) {
		printf(LABEL "%s %s\n", "refused", answer.selector, answer.why);
		return would_answer("400 invalid-field");
	}
	printf("answer: %u, and no event\n", answer.handshake->status);
	return EXIT_SUCCESS;
}

static int
explain_body(
    struct validator *validator, const struct source *source, const struct signature_input *input, size_t secret)
{
	const struct validate_input whole = {input->body, input->body_len, input->param, input->context};
	struct select *select = validate_begin(validator, &whole);
	struct event event;
	const char *selector;
	enum validate_result result;
	int status;

	memset(&event, 0, sizeof event);
	for (int i = 0; i < EVENT_TEXTS; i++)
		event.text[i] = "";
	result = validate_parse(validator, &event, &selector);
	if (result != VALIDATE_OK) {
		printf("body\n" LABEL "%.*s\n", "refused", (int)event.len[EVENT_REASON], event.text[EVENT_REASON]);
		return would_answer(result == VALIDATE_JSON ? "400 invalid-json; kept as rejected"
							    : "400 invalid-field; kept as rejected");
	}
	status = explain_handshake(source, false, select, secret);
	return status >= 0 ? status : explain_event(validator, source, &event);
}

static int
explain_get(struct validator *validator, const struct source *source, const struct signature_input *input)
{
	const struct validate_input none = {"", 0, input->param, input->context};
	int status = explain_handshake(source, true, validate_begin(validator, &none), 0);

	return status >= 0 ? status : would_answer("405: the source takes POST, and has no answer for this GET");
}

/* What is looked at before the signature. */
static const char *
explain_head(const struct source *source, const struct options *o, const struct signature_input *input)
{
	const char *type = input->param(input->context, "CONTENT_TYPE");

	if (o->address != NULL && !address_allowed(source, o->address))
		return "403: the address is none of allow-from";
	if (source->nallow > 0 && o->address == NULL)
		puts("allow-from: not looked at; give --address");
	if (strcmp(input->method, "POST") != 0 && strcmp(input->method, "GET") != 0)
		return "405: the method is not POST";
	if (strcmp(input->method, "GET") == 0)
		return NULL;
	if (!conf_takes(source, type != NULL ? type : "", type != NULL ? strlen(type) : 0))
		return "415: the content type is not what the source takes";
	if (input->body_len > source->max_body)
		return "413: the body is longer than max-body";
	return input->body_len == 0 ? "400 empty-body" : NULL;
}

static int
explain(const struct source *source, const struct options *o, struct signature_input *input)
{
	struct validator *validator = validator_new(source);
	const char *refused = explain_head(source, o, input);
	int status = EXIT_FAILURE;
	size_t secret;

	if (validator == NULL)
		fputs("hookspool: out of memory\n", stderr);
	else if (refused != NULL)
		would_answer(refused);
	else if (strcmp(input->method, "GET") == 0)
		status = explain_get(validator, source, input);
	else if (!explain_signature(source, input, &secret))
		would_answer("401");
	else
		status = explain_body(validator, source, input, secret);
	validator_free(validator);
	return status;
}

static int
run(const struct source *source, struct options *o)
{
	const char *method = headers_param(&o->headers, "REQUEST_METHOD");
	struct signature_input input = {.method = method != NULL ? method : "POST",
	    .now_ms = o->at != 0 ? o->at * 1000 : clock_wall_ms(),
	    .param = headers_param,
	    .context = &o->headers};
	char *body = input_read(&input.body_len);
	int status = EXIT_FAILURE;

	if (body != NULL) {
		input.body = body;
		status = explain(source, o, &input);
	}
	free(body);
	return fflush(stdout) == 0 ? status : EXIT_FAILURE;
}

static int
take_option(struct options *o, int option)
{
	switch (option) {
	case 'h':
		return headers_read(&o->headers, optarg) == 0 ? 0 : EXIT_FAILURE;
	case 'a':
		o->address = optarg;
		return 0;
	case 't':
		o->at = number_of(optarg);
		return o->at != 0 && o->at < 1ull << 40 ? 0 : usage_error("--at takes seconds since the epoch");
	default:
		return EXIT_USAGE;
	}
}

int
explain_main(const struct conf *conf, int argc, char **argv)
{
	static const struct option options[] = {{"headers", required_argument, NULL, 'h'},
	    {"address", required_argument, NULL, 'a'}, {"at", required_argument, NULL, 't'}, {NULL, 0, NULL, 0}};
	struct options o = {0};
	const struct source *source;
	int option, status = 0;

	optind = 0;
	while (status == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		status = take_option(&o, option);
	if (status == 0 && (optind + 1 != argc || o.headers.n == 0))
		status = usage_error(
		    "explain takes a source's name, --headers with a file of the request's headers, and the body on standard input");
	if (status == 0 && (source = conf_source(conf, argv[optind])) != NULL)
		status = run(source, &o);
	else if (status == 0)
		status = no_source(conf, argv[optind]);
	headers_free(&o.headers);
	return status;
}
