#!/bin/sh
# Worker: one line of JSON per event on standard input, one line back on standard output, hookspool-hook(7).
# Three jq per event: for convenience, not for speed.
out=${1:-/dev/stderr}

answer() { # RESULT MESSAGE, which is JSON
	jq -cn --argjson number "$number" --arg result "$1" --argjson message "$2" '{number: $number, result: $result, message: $message}'
}

while IFS= read -r line; do
	number=$(printf '%s' "$line" | jq .number)
	# As JSON it is one line, whatever the sender put into it.
	if ! id=$(printf '%s' "$line" | jq -ec '.body | fromjson | .verification_id | strings' 2>/dev/null); then
		answer dead '"not an event that this worker knows"'
		continue
	fi
	# Your own work; nothing of it may write to standard output.
	if printf '%s %s\n' "$number" "$id" >>"$out"; then
		answer "done" "$id"
	else
		answer retry "\"can't write\""
	fi
done
