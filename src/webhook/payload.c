/* The responder has seen the form's field before it accepted the webhook; a configuration that has changed since leaves the body as it is. */
#include "payload.h"

#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/media.h"
#include "../protocol/event.h"

bool
payload_is_form(const struct source *source, const char *type, size_t len)
{
	return source->payload != PAYLOAD_JSON && media_is_form(type, len);
}

bool
payload_in_field(const struct source *source, const char *type, size_t len)
{
	return source->payload == PAYLOAD_FORM_FIELD && media_is_form(type, len);
}

enum form_result
payload_decode(const struct source *source, const char *form, size_t len, char *out, size_t *out_len)
{
	return form_value(form, len, source->payload_field, out, len + 1, out_len);
}

int
payload_of(struct payload_bytes *payload, const struct source *source, const struct event *event)
{
	static const char json[] = "application/json";

	*payload = (struct payload_bytes){.bytes = event->body,
	    .content_type = event->text[EVENT_CONTENT_TYPE],
	    .len = event->body_len,
	    .content_type_len = event->len[EVENT_CONTENT_TYPE]};
	if (!payload_in_field(source, payload->content_type, payload->content_type_len))
		return 0;
	if ((payload->owned = malloc(event->body_len + 1)) == NULL)
		return -1;
	if (payload_decode(source, event->body, event->body_len, payload->owned, &payload->len) != FORM_OK) {
		payload->len = event->body_len;
		return 0;
	}
	payload->bytes = payload->owned;
	payload->content_type = json;
	payload->content_type_len = strlen(json);
	return 0;
}

void
payload_free(struct payload_bytes *payload)
{
	free(payload->owned);
	payload->owned = NULL;
}
