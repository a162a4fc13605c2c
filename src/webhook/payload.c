/* The responder has seen the form's field before it accepted the webhook; a configuration that has changed since leaves the body as it is. */
#include "payload.h"

#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/form.h"
#include "../lib/media.h"
#include "../protocol/event.h"

int
input_of(struct input *input, const struct source *source, const struct event *event)
{
	static const char json[] = "application/json";

	*input = (struct input){.bytes = event->body,
	    .content_type = event->text[EVENT_CONTENT_TYPE],
	    .len = event->body_len,
	    .content_type_len = event->len[EVENT_CONTENT_TYPE]};
	if (source->payload != PAYLOAD_FORM_FIELD ||
	    !media_is_form(event->text[EVENT_CONTENT_TYPE], event->len[EVENT_CONTENT_TYPE]))
		return 0;
	if ((input->owned = malloc(event->body_len + 1)) == NULL)
		return -1;
	if (form_value(event->body, event->body_len, source->payload_field, input->owned, event->body_len + 1,
		&input->len) != FORM_OK) {
		input->len = event->body_len;
		return 0;
	}
	input->bytes = input->owned;
	input->content_type = json;
	input->content_type_len = strlen(json);
	return 0;
}

void
input_free(struct input *input)
{
	free(input->owned);
	input->owned = NULL;
}
