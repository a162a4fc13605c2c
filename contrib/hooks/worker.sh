#!/bin/sh
# Worker: one line of JSON per event on standard input, one line back on standard output, hookspool-hook(7).
# Three jq per event: for convenience, not for speed.
out=${1:-/dev/stderr}

answer() { # RESULT MESSAGE
	jq -cn --argjson number "$number" --arg result "$1" --arg message "$2" '{number: $number, result: $result, message: $message}'
}

while IFS= read -r line; do
	number=$(printf '%s' "$line" | jq .number)
	if ! id=$(printf '%s' "$line" | jq -er '.body | fromjson | .verification_id' 2>&1); then
		answer dead "not an event that this worker knows: $id"
		continue
	fi
	# Your own work; nothing of it may write to standard output.
	if printf '%s %s\n' "$number" "$id" >>"$out"; then
		answer "done" "$id"
	else
		answer retry "can't write"
	fi
done
