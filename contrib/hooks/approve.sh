#!/bin/sh
# One-shot hook: a webhook's body on standard input, hookspool-hook(7).  0: done, 100: never, anything else: again later.
set -eu

body=$(cat)
# What a sender wrote is never part of a URL, a path, a command or a line as it is.  @uri leaves nothing that could end the segment
# or the line; a segment that is empty or only dots would mean another place all the same.
id=$(printf '%s' "$body" | jq -er '.verification_id | strings | select(. != "" and . != "." and . != "..") | @uri') ||
	{ echo "no verification_id" >&2; exit 100; }
verified=$(printf '%s' "$body" | jq -r '.output.verified // false')
[ "$verified" = true ] || { echo "$id is not verified: nothing to do"; exit 0; }

# A hook may run twice for one event: PUT the same thing again is harmless.
if [ -n "${CRM_URL:-}" ]; then
	printf '{"approved":true,"event":%s}' "$HOOKSPOOL_NUMBER" |
		curl -fsS -m 20 -X PUT -H 'Content-Type: application/json' --data-binary @- "$CRM_URL/customers/$id"
fi
echo "$id approved"
