#!/usr/bin/env bash
# Whoever holds the submit socket, or asks for health without end: nothing is believed that the spooler can know, nobody is crashed, and
# honest webhooks are answered.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"
needs python3

hook shows <<-END
	env >>"$dir/seen"
END
write_conf 'health-path = "/health"' 'require-https = false env = { "CUSTOMER=body:/verification_id" }' <<-END
	hook "*" { command = { "$dir/hooks/shows" } }
END
start_server
wait_for 10 hs status || { event "$dir/in" completed first COMPLETED; send "$dir/in"; } >/dev/null
spooler=$(cat "$dir/spool/lock")

play() { python3 "$HOOKSPOOL_SOURCE/tests/integration/submit.py" "$dir/run/submit.sock" "$@"; }
honest() { event "$dir/in" completed "honest-$RANDOM$RANDOM" COMPLETED "${1:-}" && post 200 "$dir/in"; }
same_spooler() { equal "$spooler" "$(cat "$dir/spool/lock")" && kill -0 "$spooler"; }
# stand_still SECONDS: as a slow flush does
stand_still() { kill -STOP "$spooler"; sleep "$1"; kill -CONT "$spooler"; }
rss() { sed -n 's/^VmRSS:[[:blank:]]*\([0-9]*\) kB/\1/p' "/proc/$spooler/status"; }

a_burst_of_questions_to_a_spooler_that_stands_still_is_answered() {
	local _
	for _ in 1 2 3; do
		equal '12000 of 8' "$(play burst 4 3000 "$spooler")" && same_spooler || return 1
	done
	honest
}
ten_thousand_health_checks_beside_webhooks_are_all_answered_200() {
	local i clients=()
	: >"$dir/refused"
	for i in 1 2 3 4; do
		(file=$dir/h.$i
		for n in $(seq 25); do
			event "$file" completed "load-$i-$n" COMPLETED
			[ "$(send "$file")" = 200 ] || echo "$i-$n" >>"$dir/refused"
		done) & clients+=($!)
	done
	(sleep 0.5; stand_still 0.8) & clients+=($!)
	equal '10000 of 200' "$(python3 "$HOOKSPOOL_SOURCE/tests/integration/submit.py" "$port" health 10000 100 /health)" || return 1
	wait "${clients[@]}"
	equal '' "$(cat "$dir/refused")" && same_spooler
}
what_a_responder_could_have_said_is_taken() { equal 1 "$(play forge fine)" && wait_for 10 grep -q '^CUSTOMER=fine$' "$dir/seen"; }
variables_that_the_source_does_not_name_never_reach_a_hook() {
	local name
	for name in LD_PRELOAD LD_LIBRARY_PATH PATH BASH_ENV ENV IFS HOOKSPOOL_NUMBER HOME OTHER; do
		equal 9 "$(play forge "env:$name")" || { echo "$name"; return 1; }
	done
	equal 9 "$(play forge twice)" && ! grep -q '/tmp/x.so' "$dir/seen" && grep -q 'anycheck was refused: it has a variable' "$dir/log"
}
nothing_is_taken_that_does_not_fit_the_configuration() {
	local case before
	before=$(hs list --limit 1000 | wc -l)
	for case in no-secret secret-99 no-key key-parts key-origin key-form guard type media reason long; do
		equal 9 "$(play forge "$case")" || { echo "$case"; return 1; }
	done
	equal 7 "$(play forge kind)" && equal 6 "$(play forge source)" && equal "$before" "$(hs list --limit 1000 | wc -l)"
}
the_spooler_gives_the_time() {
	equal 1 "$(play forge future)" && hs list --json --limit 1000 | grep '"id":"future"' | grep -q "\"received_at\":\"$(date -u +%Y-%m-)"
}
a_query_is_never_a_command_line() {
	printf 'source "evil" { path = "/evil" }\n' >"$dir/evil.conf"
	event "$dir/in" completed query COMPLETED && hs sign anycheck <"$dir/in" >"$dir/in.header" &&
		env REQUEST_METHOD=POST GATEWAY_INTERFACE=CGI/1.1 REQUEST_URI="/webhooks/anycheck?-c+$dir/evil.conf" CONTENT_TYPE=application/json \
			CONTENT_LENGTH="$(wc -c <"$dir/in")" HTTP_X_WEBHOOK_SIGNATURE="$(sed 's/.*: //' "$dir/in.header")" HOOKSPOOL_CONF="$conf" \
			"$HOOKSPOOL_BUILD/hookspool.fcgi" -c "$dir/evil.conf" <"$dir/in" >"$dir/answer" && grep -q '"stored"' "$dir/answer" &&
		env REQUEST_METHOD=GET GATEWAY_INTERFACE=CGI/1.1 REQUEST_URI='/health?-h' HOOKSPOOL_CONF="$conf" \
			"$HOOKSPOOL_BUILD/hookspool.fcgi" -h | grep -q '"ready"'
}
connections_that_say_nothing_make_way() {
	local pid
	rm -f "$dir/ready" # of the case before
	exec 5> >(play silent 400 >"$dir/ready")
	pid=$!
	wait_for 20 grep -q ready "$dir/ready" && honest && hs status >/dev/null && same_spooler
	local result=$?
	exec 5>&-
	wait "$pid"
	return "$result"
}
half_frames_hold_no_memory_for_long() {
	local pid
	rm -f "$dir/ready" # of the case before
	exec 5> >(play half 16 30000000 >"$dir/ready")
	pid=$!
	wait_for 60 grep -q ready "$dir/ready" && honest && honest ",\"x\":\"$(head -c 700000 /dev/zero | tr '\0' x)\"" && same_spooler &&
		{ grep -q __asan_init "$HOOKSPOOL_BUILD/hookspoold" || [ "$(rss)" -lt 400000 ] || { echo "$(rss) KiB"; false; }; } &&
		wait_for 30 grep -q 'the end of a frame has not come' "$dir/log"
	local result=$?
	exec 5>&-
	wait "$pid"
	return "$result"
}
those_who_wait_for_memory_do_not_wait_for_each_other() {
	local pid
	rm -f "$dir/ready" # of the case before
	exec 5> >(play starve >"$dir/ready")
	pid=$!
	wait_for 60 grep -q ready "$dir/ready" && wait_for 20 honest ",\"x\":\"$(head -c 700000 /dev/zero | tr '\0' x)\"" && same_spooler &&
		grep -q 'others wait for its memory' "$dir/log"
	local result=$?
	exec 5>&-
	wait "$pid"
	return "$result"
}

run_cases a_burst_of_questions_to_a_spooler_that_stands_still_is_answered \
	ten_thousand_health_checks_beside_webhooks_are_all_answered_200 what_a_responder_could_have_said_is_taken \
	variables_that_the_source_does_not_name_never_reach_a_hook nothing_is_taken_that_does_not_fit_the_configuration \
	the_spooler_gives_the_time a_query_is_never_a_command_line connections_that_say_nothing_make_way \
	half_frames_hold_no_memory_for_long those_who_wait_for_memory_do_not_wait_for_each_other
done_testing
