#!/usr/bin/env bash
# Kill -9: what was answered 200 is there, is listed once, and runs.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

hook note <<-END
	echo "\$VERIFICATION_ID" >>"$dir/ran"
END
hook long <<-END
	[ ! -e "$dir/enough" ] || exit 0
	echo "start \$\$" >>"$dir/long"
	sleep 300 &
	echo \$! >>"$dir/long.children"
	wait
END
write_conf 'max-running = 8' <<-END
	hook "verification.completed" { command = { "$dir/hooks/note" } }
	hook "verification.failed"    { command = { "$dir/hooks/long" } grace = "500ms" }
END
start_server

# One client: PREFIX, so many webhooks one after another; what was answered 200 goes to a file of its own.
client() {
	local i file=$dir/c.$1
	for i in $(seq "$2"); do
		event "$file" completed "$1-$i" COMPLETED
		[ "$(send "$file")" = 200 ] && echo "$1-$i" >>"$dir/accepted.$1"
	done
	:
}

nothing_that_was_answered_200_is_lost_when_the_spooler_is_killed() {
	local i pids=() first
	event "$dir/in" completed first COMPLETED
	post 200 "$dir/in" || return 1
	first=$(cat "$dir/spool/lock")
	for i in $(seq 64); do client "$i" 12 & pids+=($!); done
	for i in 1 2 3; do
		sleep 0.7
		kill -9 "$(cat "$dir/spool/lock")"
	done
	wait "${pids[@]}"
	wait_for 15 hs status || return 1
	[ "$first" != "$(cat "$dir/spool/lock")" ] || return 1
	sort "$dir"/accepted.* >"$dir/accepted"
	hs list | cut -f 4 | cut -d ' ' -f 1 | grep -vx first | sort >"$dir/listed"
	equal '' "$(uniq -d "$dir/listed")" && equal '' "$(comm -23 "$dir/accepted" "$dir/listed")" || return 1
	echo "$(wc -l <"$dir/accepted") accepted"
	[ "$(wc -l <"$dir/accepted")" -gt 300 ] &&
		wait_for 60 bash -c "! hookspool -c '$conf' list | grep -qv '	done	'" &&
		equal '' "$(comm -23 "$dir/listed" <(sort -u "$dir/ran"))"
}
service_is_back_without_help() {
	kill -9 "$(cat "$dir/spool/lock")"
	event "$dir/in" completed back COMPLETED
	post 200 "$dir/in"
}
running_hooks_end_with_the_spooler_and_their_events_run_again() {
	event "$dir/in" failed long FAILED
	post 200 "$dir/in" && wait_for 10 test -s "$dir/long.children" || return 1
	kill -9 "$(cat "$dir/spool/lock")"
	wait_for 15 bash -c "[ \$(wc -l <'$dir/long') = 2 ]" && gone "$(head -n 1 "$dir/long.children")" &&
		gone "$(sed -n '1s/start //p' "$dir/long")"
}
a_second_spooler_leaves_at_once() {
	hookspoold -c "$conf" && grep -q 'this one leaves' "$dir/log" && hs status >/dev/null
}
sigterm_finishes_what_is_in_hand() {
	local i pids=() status
	touch "$dir/enough"
	kill "$(sed -n '$s/start //p' "$dir/long")" # no hook that the stop would wait for
	wait_for 10 bash -c "! hookspool -c '$conf' list --state running | grep -q ." || return 1
	for i in $(seq 8); do client "t$i" 6 & pids+=($!); done
	sleep 0.3
	kill "$(cat "$dir/spool/lock")"
	wait "${pids[@]}"
	wait_for 15 hs status || return 1
	sort "$dir"/accepted.t* >"$dir/accepted"
	hs list | cut -f 4 | cut -d ' ' -f 1 | sort >"$dir/listed"
	status=$(comm -23 "$dir/accepted" "$dir/listed")
	equal '' "$status" && equal 48 "$(wc -l <"$dir/accepted")"
}

a_responder_that_is_told_to_stop_finishes_the_request_in_hand() {
	local spooler responder post
	hs status >/dev/null && spooler=$(cat "$dir/spool/lock") || return 1
	responder=$(ps -o pid= --ppid "$server" | tr -d ' ')
	event "$dir/in" completed held COMPLETED
	kill -STOP "$spooler"
	send "$dir/in" >"$dir/held" &
	post=$!
	sleep 0.5 # nothing outside shows that it is parked; were it not yet, the test would only be easier
	kill -TERM "$responder"
	sleep 0.3 # long enough for one that does not wait to be gone
	kill -0 "$responder" || return 1
	kill -CONT "$spooler"
	wait "$post"
	equal 200 "$(cat "$dir/held")" && wait_for 5 gone "$responder" && hs list | grep -q held
}
run_cases nothing_that_was_answered_200_is_lost_when_the_spooler_is_killed service_is_back_without_help \
	running_hooks_end_with_the_spooler_and_their_events_run_again a_second_spooler_leaves_at_once \
	sigterm_finishes_what_is_in_hand a_responder_that_is_told_to_stop_finishes_the_request_in_hand
done_testing
