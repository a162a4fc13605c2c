#!/usr/bin/env bash
# Requests that are refused by the thousand don't fill the disk: a few lines, and how many were left out.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

write_conf '' 'require-https = false
	answer "hello" { method = GET unsigned = true body = "hello" when = { "query:hello=1" } }' </dev/null
start_server
url=http://127.0.0.1:$port/webhooks/anycheck
json='Content-Type: application/json'

# flood COUNT STATUS URL [CURL OPTIONS]: over a few connections; the URL has a range
flood() {
	local count=$1 status=$2 to=$3
	shift 3
	curl -s -m 60 -o /dev/null -w '%{http_code}\n' "$@" "$to" >"$dir/codes"
	equal "$count" "$(grep -cx "$status" "$dir/codes")"
}
# bounded PATTERN COUNT SECONDS-BEFORE: that many were to be said, and few were
bounded() {
	local lines most=$((10 + SECONDS - $3 + 2))
	wait_for 15 said "$1" "$2" || { said_times "$1"; return 1; }
	lines=$(grep -c -e "$1" "$dir/log")
	[ "$lines" -le "$most" ] || { echo "$lines lines, at most $most"; return 1; }
}
said() { [ "$(said_times "$1")" = "$2" ]; }

a_thousand_without_a_signature_are_a_few_lines() {
	local since=$SECONDS
	flood 1000 401 "$url?[1-1000]" -H "$json" --data-binary '{}' && bounded 'anycheck.*: signature missing' 1000 "$since"
}
a_thousand_paths_are_no_thousand_kinds() {
	local since=$SECONDS
	flood 1000 404 "http://127.0.0.1:$port/admin[1-1000].php" && bounded ': no source at this path' 1000 "$since"
}
a_thousand_handshakes_are_a_few_lines() {
	local since=$SECONDS
	flood 1000 200 "$url?hello=1&n=[1-1000]" && bounded 'anycheck.*: handshake answered\|answered "hello" to' 1000 "$since"
}
another_reason_has_its_line_meanwhile() {
	flood 100 401 "$url?[1-100]" -H "$json" --data-binary '{}' && flood 1 415 "$url?[1-1]" -H 'Content-Type: text/plain' --data-binary '{}' &&
		grep -q 'anycheck: refused from 127.0.0.1: content type is not JSON' "$dir/log"
}
# With those of the cases before.
what_was_left_out_is_told_at_the_end() {
	flood 300 401 "$url?[1-300]" -H "$json" --data-binary '{}'
	stop_all
	equal 1400 "$(said_times ': signature missing')"
}

run_cases a_thousand_without_a_signature_are_a_few_lines a_thousand_paths_are_no_thousand_kinds a_thousand_handshakes_are_a_few_lines \
	another_reason_has_its_line_meanwhile what_was_left_out_is_told_at_the_end
done_testing
