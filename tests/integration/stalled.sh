#!/usr/bin/env bash
# Requests that begin and do not go on: each is ended in time, and nobody waits for them.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

# read_deadline TIME: the server begins anew with it
read_deadline() {
	stop_all
	: >"$dir/log"
	write_conf "read-deadline = \"$1\"" </dev/null
	start_server
}
read_deadline 1s
socket=$dir/run/fcgi.sock-0 # as lighttpd names it
number=0

# stall COUNT HOW [SECONDS]: in the background, its id is $stalling
stall() {
	: >"$dir/stalled"
	perl "$HOOKSPOOL_SOURCE/tests/integration/stall.pl" "$socket" "$1" "$2" "${3:-20}" >"$dir/stalled" &
	stalling=$!
	wait_for 30 grep -q ready "$dir/stalled"
}
# honest SECONDS: a webhook is answered 200 within them
honest() {
	number=$((number + 1))
	event "$dir/in" completed "v$number" COMPLETED && post 200 "$dir/in" -m "$1"
}
# all_ended COUNT SECONDS: each of them, within these
all_ended() {
	wait "$stalling"
	equal "$1" "$(grep -c '^[0-9]' "$dir/stalled")" || return 1
	awk -v most="$2" '/^[0-9]/ && $1 > most { print "ended after " $1 " s"; bad = 1 } END { exit bad }' "$dir/stalled"
}
said() { [ "$(said_times "$1")" = "$2" ]; }
descriptors() { find "/proc/$(pgrep -P "$server" hookspool.fcgi)/fd" -type l | wc -l; }

half_of_the_parameters_is_ended_after_the_read_deadline() {
	stall 1 half && honest 3 && all_ended 1 4 && awk '/^[0-9]/ { exit $1 < 0.9 }' "$dir/stalled" &&
		wait_for 10 said "a request's parameters not here in time" 1
}
a_request_that_comes_byte_by_byte_has_no_more_time() { stall 3 drip && honest 3 && all_ended 3 4; }
half_of_a_header_and_nothing_at_all_have_no_more_time() {
	stall 3 header && honest 3 && all_ended 3 4 && stall 3 nothing && honest 3 && all_ended 3 4
}
honest_webhooks_are_answered_while_hundreds_stall() {
	local status # long before the deadline; who has no thread is given up for others after a moment
	read_deadline 5m && stall 400 half 300 && honest 30 && honest 30 && honest 30 && [ "$(said_times 'parameters not here in time')" -le 300 ] && kill -0 "$stalling"
	status=$?
	kill "$stalling"
	wait "$stalling" 2>/dev/null
	read_deadline 1s && return "$status"
}
what_ends_within_its_parameters_is_logged() { stall 20 cut && honest 3 && wait_for 10 said "it ended within a request's parameters" 20; }
none_of_them_leaves_a_descriptor() {
	local before
	before=$(descriptors)
	stall 100 half && all_ended 100 10 && honest 3 && wait_for 10 fewer_than $((before + 10))
}
fewer_than() { [ "$(descriptors)" -lt "$1" ]; }

# slow_cgi SECONDS LENGTH: a CGI program's input is two bytes, and stays open for so long
slow_cgi() {
	rm -f "$dir/pipe"
	mkfifo "$dir/pipe"
	{ printf '{}'; sleep "$1"; } >"$dir/pipe" &
	local sleeper=$! start=$SECONDS
	env REQUEST_METHOD=POST REQUEST_URI=/webhooks/anycheck CONTENT_TYPE=application/json CONTENT_LENGTH="$2" \
		hookspool.fcgi -c "$conf" <"$dir/pipe" >"$dir/answer" 2>"$dir/said"
	start=$((SECONDS - start))
	kill "$sleeper" 2>/dev/null
	wait "$sleeper" 2>/dev/null
	[ "$start" -le 4 ] || { echo "it took $start s"; return 1; }
}
a_slow_body_to_a_cgi_program_is_408() { slow_cgi 15 400 && grep -q '^Status: 408' "$dir/answer" && grep -q body-too-slow "$dir/answer"; }
a_refused_body_to_a_cgi_program_is_not_waited_for() { slow_cgi 15 99999999 && grep -q '^Status: 4' "$dir/answer"; }

run_cases half_of_the_parameters_is_ended_after_the_read_deadline a_request_that_comes_byte_by_byte_has_no_more_time \
	half_of_a_header_and_nothing_at_all_have_no_more_time honest_webhooks_are_answered_while_hundreds_stall \
	what_ends_within_its_parameters_is_logged none_of_them_leaves_a_descriptor a_slow_body_to_a_cgi_program_is_408 \
	a_refused_body_to_a_cgi_program_is_not_waited_for
done_testing
