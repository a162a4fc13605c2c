#!/usr/bin/env bash
# -d: each step of a webhook is a line on standard error, of both programs, whatever the configuration says of the log.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

in=$dir/in
hook nothing </dev/null
write_conf 'autostart = false' <<<"hook \"*\" { command = { \"$dir/hooks/nothing\" } }"
hookspoold -d -c "$conf" 2>"$dir/spooler.err" &
wait_for 10 hs status
start_server "
	server.modules = ( \"mod_fastcgi\" )
	fastcgi.server = ( \"/\" => (( \"socket\" => \"$dir/run/fcgi.sock\", \"bin-path\" => \"$HOOKSPOOL_BUILD/hookspool.fcgi -d\",
	    \"max-procs\" => 1, \"check-local\" => \"disable\", \"bin-environment\" => ( \"HOOKSPOOL_CONF\" => \"$conf\" ) )) )"

says() { # FILE PATTERN…: it has a line of each
	local file=$1 pattern
	shift
	for pattern; do grep -q -- "$pattern" "$file" || { echo "no line: $pattern"; cat "$file"; return 1; }; done
}
each_step_is_a_line_of_the_responder() {
	event "$in" completed debug COMPLETED && post 200 "$in" && wait_for 10 has_state 1 "done" &&
		says "$dir/lighttpd.err" 'debug: anycheck: POST, [0-9]* bytes from 127.0.0.1: an event$' 'debug: webhook [0-9]* of anycheck: stored, event 1$'
}
each_step_is_a_line_of_spooler_and_runner() {
	says "$dir/spooler.err" 'debug: client [0-9]*: webhook [0-9]* of anycheck: stored, event 1$' 'debug: group of 1: alone$' \
		'debug: event 1: anycheck/\*: run 1, attempt 1$' 'debug: .*run 1: keeper [0-9]*$' 'debug: .*run 1: exited 0$' 'event 1: .*: done'
}
a_duplicate_is_said() { post 200 "$in" && says "$dir/lighttpd.err" 'debug: webhook [0-9]* of anycheck: duplicate, event 1$'; }
what_is_refused_is_said_with_its_step() {
	post 200 "$in" && equal 401 "$(curl -s -m 10 -o /dev/null -w '%{http_code}' -H 'X-Webhook-Signature: 00' -H 'Content-Type: application/json' \
		--data-binary @"$in" "http://127.0.0.1:$port/webhooks/anycheck")" && says "$dir/lighttpd.err" 'debug: .*: signature not valid$'
}
the_log_that_is_configured_has_nothing() { [ ! -s "$dir/log" ]; }
without_d_nothing_of_this_is_said() {
	stop_all && start_server && (hookspoold -c "$conf" &) && wait_for 10 hs status && event "$in" completed quiet COMPLETED && post 200 "$in" &&
		wait_for 10 has_state 2 "done" && ! grep -q 'debug:' "$dir/log"
}

run_cases each_step_is_a_line_of_the_responder each_step_is_a_line_of_spooler_and_runner a_duplicate_is_said \
	what_is_refused_is_said_with_its_step the_log_that_is_configured_has_nothing without_d_nothing_of_this_is_said
done_testing
