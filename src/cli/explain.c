/* hookspool explain SOURCE: how a webhook that was captured would be judged, step by step. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../webhook/asked.h"
#include "../webhook/verdict.h"
#include "../webhook/webhook.h"
#include "body.h"
#include "explain_signature.h"
#include "headers.h"
#include "usage.h"
#include "verbs.h"

#define LABEL "  %-11s "

struct options {
	const char *address;
	unsigned long long at; /* seconds since the epoch; 0: now */
	struct headers headers;
};

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

static void
print_good(const struct source *source, const struct event *event)
{
	if (source->nfields > 0)
		printf("fields: the %zu rules of the source hold where they apply\n", source->nfields);
	print_event(event);
	print_hook(source, event);
	puts("answer: 200, if the spooler takes it");
}

/* What was found at the step, before the answer to it. */
static void
print_step(const struct verdict *verdict)
{
	const struct handshake_reply *reply = &verdict->handshake;

	switch (verdict->step) {
	case VERDICT_PAYLOAD:
	case VERDICT_SYNTAX:
		printf("body\n" LABEL "%s\n", "refused", verdict->refused.text);
		break;
	case VERDICT_FIELD:
		printf("event\n" LABEL "%s\n", "refused", verdict->refused.text);
		break;
	case VERDICT_TOKEN:
	case VERDICT_NO_REPLY:
	case VERDICT_HANDSHAKE:
		printf("handshake \"%s\"\n", reply->handshake->name);
		if (verdict->step == VERDICT_NO_REPLY)
			printf(LABEL "%s %s\n", "refused", reply->selector != NULL ? reply->selector : "", reply->why);
		break;
	default:
		break;
	}
}

static int
tell(const struct source *source, const struct verdict *verdict)
{
	static const char *const answers[] = {
	    [VERDICT_ADDRESS] = "403: the address is none of allow-from",
	    [VERDICT_HTTPS] = "403: it did not come over HTTPS",
	    [VERDICT_METHOD] = "405: the method is not POST",
	    [VERDICT_NOT_A_FORM] = "415: the content type is not what the source takes",
	    [VERDICT_NOT_JSON] = "415: the content type is not what the source takes",
	    [VERDICT_CODING] = "415: the body has a content coding",
	    [VERDICT_LONG] = "413: the body is longer than max-body",
	    [VERDICT_EMPTY] = "400 empty-body",
	    [VERDICT_SIGNATURE] = "401",
	    [VERDICT_PAYLOAD] = "400 invalid-field; kept as rejected",
	    [VERDICT_SYNTAX] = "400 invalid-json; kept as rejected",
	    [VERDICT_TOKEN] = "401: its token is missing, or none of those in token-file",
	    [VERDICT_NO_REPLY] = "400 invalid-field",
	    [VERDICT_GET] = "405: the source takes POST, and has no answer for this GET",
	    [VERDICT_FIELD] = "400 invalid-field; kept as rejected",
	    [VERDICT_NO_MEMORY] = "503 internal",
	};

	print_step(verdict);
	if (verdict->step == VERDICT_EVENT)
		print_good(source, &verdict->event);
	else if (verdict->step == VERDICT_HANDSHAKE)
		printf("answer: %u, and no event\n", verdict->handshake.handshake->status);
	else
		printf("answer: %s\n", answers[verdict->step]);
	return verdict->step == VERDICT_EVENT || verdict->step == VERDICT_HANDSHAKE ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Of a GET that the source has no reply to, more can be told than that. */
static enum verdict_step
begin(const struct source *source, const struct webhook *webhook)
{
	enum verdict_step step = verdict_asked(source, webhook->asked);

	if (source->nallow > 0 && webhook->asked->address == NULL)
		puts("allow-from: not looked at; give --address");
	if (asked_is_get(webhook->asked))
		return step == VERDICT_METHOD ? VERDICT_GET : step;
	return step == VERDICT_GOES_ON ? verdict_body(source, webhook) : step;
}

/* The steps as verdict_reach() takes them, but the signature, which is told in all that it has. */
static int
explain(const struct source *source, const struct webhook *webhook)
{
	static struct verdict verdict;
	struct verdict_rules *rules = verdict_rules_new(source);
	int status;

	if (rules == NULL) {
		fputs("hookspool: out of memory\n", stderr);
		return EXIT_FAILURE;
	}
	verdict.step = begin(source, webhook);
	if (verdict.step == VERDICT_GOES_ON && asked_is_get(webhook->asked))
		verdict_get(rules, webhook, &verdict);
	else if (verdict.step == VERDICT_GOES_ON && !explain_signature(source, webhook, &verdict.secret))
		verdict.step = VERDICT_SIGNATURE;
	else if (verdict.step == VERDICT_GOES_ON)
		verdict_content(rules, webhook, &verdict);
	status = tell(source, &verdict);
	verdict_rules_free(rules);
	return status;
}

/* What a head that was written down does not tell is taken to be right. */
static void
read_asked(struct asked *asked, struct options *o)
{
	asked_read(asked, headers_param, &o->headers);
	if (*asked->method == '\0')
		asked->method = "POST";
	asked->https = true;
	asked->address = o->address;
}

static int
run(const struct source *source, struct options *o)
{
	struct asked asked;
	struct webhook webhook = {.asked = &asked, .now_ms = o->at != 0 ? o->at * 1000 : clock_wall_ms()};
	char *body = body_read(&webhook.body_len);
	int status = EXIT_FAILURE;

	if (body != NULL) {
		read_asked(&asked, o);
		webhook.body = body;
		if (asked_is_get(&asked))
			webhook.body_len = 0;
		status = explain(source, &webhook);
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
