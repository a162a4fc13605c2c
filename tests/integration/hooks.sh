#!/usr/bin/env bash
# What follows from how a hook ends: done, again later, dead; and what is left behind.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

hook fail <<-END
	date +%s%N >>"$dir/fail.times"
	echo "attempt \$HOOKSPOOL_ATTEMPT"
	[ -e "$dir/mended" ] || exit 1
END
hook permanent <<-END
	[ -e "$dir/mended" ] || exit 100
END
hook stubborn <<-END
	trap '' TERM
	sleep 300 &
	echo \$! >"$dir/left.pid"
	while :; do sleep 0.05; done
END
hook leaves <<-END
	sleep 300 &
	echo \$! >"$dir/left.pid"
END
hook loud <<-END
	head -c 20000000 /dev/zero | tr '\\0' x
	echo the end
END
write_conf <<-END
	hook "verification.completed"    { command = { "$dir/hooks/fail" } retry { first = "200ms" factor = 3 } }
	hook "verification.failed"       { command = { "$dir/hooks/permanent" } }
	hook "verification.needs_review" { command = { "$dir/hooks/stubborn" } timeout = "300ms" grace = "300ms" retry { give-up = "0s" } }
END
start_server

a_failed_hook_runs_again_with_growing_delays() {
	event "$dir/in" completed f COMPLETED
	post 200 "$dir/in" && wait_for 20 bash -c "[ \$(wc -l <'$dir/fail.times') -ge 4 ]" || return 1
	awk 'NR > 1 { gap[NR - 1] = ($1 - last) / 1e6 } { last = $1 }
		END { print gap[1], gap[2], gap[3]; exit !(gap[1] >= 170 && gap[2] > 1.8 * gap[1] && gap[3] > 1.8 * gap[2]) }' \
		"$dir/fail.times" && equal queued "$(state 1)"
}
retry_runs_a_waiting_one_at_once_and_its_output_is_shown() {
	touch "$dir/mended"
	hs retry 1 && wait_for 10 has_state 1 "done" && hs show 1 | grep -q 'stdout .*attempt 1'
	rm "$dir/mended"
}
exit_status_100_is_dead_at_once_and_retry_brings_it_back() {
	event "$dir/in" failed p FAILED
	post 200 "$dir/in" && wait_for 10 has_state 2 dead && hs show --json 2 | grep -q '"attempts":1,' &&
		touch "$dir/mended" && hs retry 2 && wait_for 10 has_state 2 "done"
}
a_hook_that_ignores_term_is_killed_with_its_children() {
	event "$dir/in" needs_review s NEED_REVIEW
	post 200 "$dir/in" && wait_for 10 has_state 3 dead && hs show --json 3 | grep -q '"result":"timeout"' &&
		wait_for 5 gone "$(cat "$dir/left.pid")"
}
what_a_hook_leaves_behind_is_killed() {
	write_conf <<-END
		hook "verification.completed" { command = { "$dir/hooks/leaves" } }
		hook "verification.failed"    { command = { "$dir/hooks/loud" } }
	END
	stop_all && start_server || return 1
	event "$dir/in" completed l COMPLETED
	post 200 "$dir/in" && wait_for 10 has_state 4 "done" && wait_for 5 gone "$(cat "$dir/left.pid")"
}
output_is_bounded_and_its_end_is_kept() {
	event "$dir/in" failed loud FAILED
	post 200 "$dir/in" && wait_for 20 has_state 5 "done" && hs show --json 5 >"$dir/show" &&
		grep -q '"stdout_bytes":20000008' "$dir/show" && grep -q 'bytes left out' "$dir/show" &&
		grep -q 'the end' "$dir/show" && [ "$(wc -c <"$dir/show")" -lt 10000 ]
}
an_event_that_no_hook_matches_is_unhandled_and_retry_binds_it() {
	write_conf </dev/null
	stop_all && start_server || return 1
	event "$dir/in" completed u COMPLETED
	post 200 "$dir/in" && has_state 6 unhandled || return 1
	hook late <<-END
		cat >"$dir/late.body"
	END
	write_conf <<-END
		hook "*" { command = { "$dir/hooks/late" } }
	END
	stop_all && start_server && wait_for 10 hs status && hs retry 6 && wait_for 10 has_state 6 "done" && cmp "$dir/in" "$dir/late.body"
}
a_program_that_can_not_be_started_is_tried_again_later() {
	cp "$dir/hooks/late" "$dir/away"
	printf '#!/nowhere/interpreter\n' >"$dir/hooks/late"
	event "$dir/in" completed gone COMPLETED
	post 200 "$dir/in" && wait_for 10 bash -c "hookspool -c '$conf' show 7 | grep -q 'No such file'" && has_state 7 queued &&
		cp "$dir/away" "$dir/hooks/late" && hs retry 7 && wait_for 10 has_state 7 "done"
}

all_hooks_rest_until_they_are_resumed() {
	hs pause && event "$dir/in" completed paused COMPLETED && post 200 "$dir/in" && hs status --json | grep -q '"paused_since":"2' && has_state 8 queued &&
		kill "$(cat "$dir/spool/lock")" && wait_for 20 hs_again && has_state 8 queued && hs resume && wait_for 20 has_state 8 "done" &&
		wait_for 20 has_state 9 "done" && hs status --json | grep -q '"paused_since":null'
}
# Autostart: a webhook starts it.
hs_again() { event "$dir/in" completed again COMPLETED && post 200 "$dir/in" && hs status; }

run_cases a_failed_hook_runs_again_with_growing_delays retry_runs_a_waiting_one_at_once_and_its_output_is_shown \
	exit_status_100_is_dead_at_once_and_retry_brings_it_back a_hook_that_ignores_term_is_killed_with_its_children \
	what_a_hook_leaves_behind_is_killed output_is_bounded_and_its_end_is_kept \
	an_event_that_no_hook_matches_is_unhandled_and_retry_binds_it a_program_that_can_not_be_started_is_tried_again_later \
	all_hooks_rest_until_they_are_resumed
done_testing
