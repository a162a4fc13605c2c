#!/usr/bin/env bash
# What runs when: lanes, limits, several hooks of an event, suspension, and the operator's say in it.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

# Notes start and end; fails while $dir/broken.LANE exists; waits while $dir/hold.LANE exists.
hook note <<-END
	echo "start \$VERIFICATION_ID \$HOOKSPOOL_NUMBER \$HOOKSPOOL_HOOK" >>"$dir/ran"
	while [ -e "$dir/hold.\$VERIFICATION_ID" ]; do sleep 0.02; done
	echo "end \$VERIFICATION_ID \$HOOKSPOOL_NUMBER \$HOOKSPOOL_HOOK" >>"$dir/ran"
	[ ! -e "$dir/broken.\$VERIFICATION_ID" ] || exit 1
	[ ! -e "$dir/dead.\$VERIFICATION_ID" ] || exit 100
END
hook sleeps <<-END
	echo start >>"$dir/slept"
	exec sleep 60
END
note="command = { \"$dir/hooks/note\" } retry { first = \"100ms\" factor = 2 max = \"300ms\" }"
write_conf <<-END
	hook "verification.*" { $note }
END
start_server

# accept TYPE VERIFICATION STATUS: post it; its number is in $number.
accept() {
	event "$dir/in" "$1" "$2" "$3" && post 200 "$dir/in" &&
		number=$(sed -n 's/.*"number":\([0-9]*\).*/\1/p' "$dir/answer")
}
lines() { [ "$(grep -c "$1" "$dir/ran")" -ge "$2" ]; }
numbers() { sed -n "s/$1 \([0-9]*\) .*/\1/p" "$dir/ran" | uniq | tr '\n' ' '; }
restart() { stop_all && start_server && wait_for 10 hs status; }
# delivery NUMBER HOOK: its state.
delivery() { hs show --json "$1" | grep -o "{\"hook\":\"anycheck/$2\",\"state\":\"[a-z]*\"" | sed 's/.*"\([a-z]*\)"/\1/'; }
has_delivery_state() { [ "$(delivery "$1" "$2")" = "$3" ]; }
# has_ended NUMBER: all its deliveries; one that is dead makes the event so.
has_ended() { ! hs show --json "$1" | grep -qE '"state":"(queued|running)"'; }
hook_state() { hs status --json | grep -o "{\"hook\":\"anycheck/$1\",\"state\":\"[a-z ]*\"" | sed 's/.*:"\([a-z ]*\)"/\1/'; }
has_hook_state() { [ "$(hook_state "$1")" = "$2" ]; }

a_lane_waits_for_a_failing_event_across_retries_and_a_restart() {
	touch "$dir/broken.A"
	accept needs_review A NEED_REVIEW && accept failed A FAILED && accept completed A COMPLETED &&
		wait_for 10 lines 'end A 1 ' 3 && restart || return 1
	wait_for 10 lines 'end A 1 ' 5 && rm "$dir/broken.A" && wait_for 10 has_state 3 "done" &&
		equal '1 2 3 ' "$(numbers 'start A')"
}
another_lane_runs_meanwhile() {
	touch "$dir/hold.B"
	accept needs_review B NEED_REVIEW && accept failed B FAILED && accept failed C FAILED &&
		wait_for 10 has_state "$number" "done" && has_state 5 queued && rm "$dir/hold.B" && wait_for 10 has_state 5 "done"
}
a_dead_event_frees_its_lane_and_comes_back_before_what_waits() {
	touch "$dir/dead.D"
	accept needs_review D NEED_REVIEW && wait_for 10 has_state 7 dead && rm "$dir/dead.D" || return 1
	touch "$dir/hold.D"
	accept failed D FAILED && wait_for 10 has_state 8 running && accept completed D COMPLETED &&
		hs retry 7 && has_state 7 queued && rm "$dir/hold.D" && wait_for 10 has_state 9 "done" &&
		equal '7 8 7 9 ' "$(numbers 'start D')"
}
drop_frees_the_lane_and_refuses_what_runs() {
	touch "$dir/broken.E"
	accept needs_review E NEED_REVIEW && accept failed E FAILED && wait_for 10 lines 'end E 10 ' 1 || return 1
	wait_for 10 hs drop 10 && has_state 10 dropped && wait_for 10 lines 'end E 11 ' 1 || return 1
	touch "$dir/hold.E" && rm "$dir/broken.E" && wait_for 10 has_state 11 running && ! hs drop 11 >"$dir/said" 2>&1 &&
		grep -q 'is running' "$dir/said" && rm "$dir/hold.E" && wait_for 10 has_state 11 "done" &&
		! hs drop 11 && hs status --json | grep -q '"dropped":1,' && hs retry 10 && wait_for 10 has_state 10 "done"
}
without_a_lane_events_run_side_by_side() {
	write_conf '' 'require-https = false  lane = "none"' <<<"hook \"verification.*\" { $note }" && restart || return 1
	touch "$dir/hold.F"
	accept needs_review F NEED_REVIEW && accept failed F FAILED && wait_for 10 lines 'start F' 2 && rm "$dir/hold.F" &&
		wait_for 10 has_state 13 "done"
}
a_hook_that_takes_its_whole_timeout_holds_nobody_else_up() {
	local i
	write_conf 'max-running = 4  shutdown-grace = "0s"' <<-END
		hook "verification.failed"    { command = { "$dir/hooks/sleeps" } timeout = "60s" grace = "100ms" }
		hook "verification.completed" { $note }
	END
	: >"$dir/slept"
	restart || return 1
	for i in $(seq 40); do event "$dir/in" failed "slow$i" FAILED && post 200 "$dir/in" || return 1; done
	wait_for 10 bash -c "[ \$(wc -l <'$dir/slept') = 3 ]" && accept completed quick COMPLETED &&
		wait_for 5 has_state "$number" "done" && equal 3 "$(wc -l <"$dir/slept")" && hs drop --state queued &&
		equal 40 "$(hs list --limit 100 | grep -c 'slow')"
}
thousands_that_wait_for_a_sleeping_hook_hold_no_other_source_up() {
	write_conf 'max-running = 4  shutdown-grace = "0s"' <<<"hook \"verification.completed\" { $note }"
	cat >>"$conf" <<-END
		source "flood" {
		    path = "/flood"  unsigned = true  require-https = false  event = "body:/type"  id = "query:n"
		    hook "*" { command = { "$dir/hooks/sleeps" } timeout = "60s" grace = "100ms" }
		}
	END
	: >"$dir/slept"
	restart || return 1
	curl -s --parallel --parallel-max 16 -o "$dir/answers" -H 'Content-Type: application/json' -d '{"type":"t"}' "http://127.0.0.1:$port/flood?n=[1-3000]" &&
		wait_for 10 bash -c "[ \$(wc -l <'$dir/slept') = 3 ]" && accept completed quick2 COMPLETED && wait_for 5 has_state "$number" "done" &&
		equal 3 "$(wc -l <"$dir/slept")" && equal 2997 "$(hs list --source flood --state queued | wc -l)" && hs drop --state queued --source flood
}
a_backlog_drains_oldest_first_within_the_limit() {
	local i
	write_conf '' 'require-https = false  max-running = 1' <<<"hook \"verification.*\" { $note }" && restart &&
		hs suspend 'anycheck/verification.*' || return 1
	: >"$dir/ran"
	for i in $(seq 30); do accept failed "$i.$number" FAILED || return 1; done
	restart && equal 'suspended by the operator' "$(hook_state 'verification.\*')" && has_state "$number" queued &&
		[ ! -s "$dir/ran" ] && hs resume 'anycheck/verification.*' && wait_for 20 lines end 30 || return 1
	awk '$1 == "start" { if (++n > 1) bad = 1 } $1 == "end" { n-- } END { exit bad }' "$dir/ran" &&
		awk '$1 == "start" { if ($3 < last) bad = 1; last = $3 } END { exit bad }' "$dir/ran"
}
a_hook_that_takes_all_gets_deliveries_of_its_own() {
	write_conf <<-END
		hook "verification.completed" { $note }
		hook "verification.*"         { $note }
		hook "*"                      { $note all = true }
	END
	restart || return 1
	: >"$dir/ran"
	touch "$dir/broken.G"
	accept completed G COMPLETED && wait_for 10 lines 'end G .* \*' 2 && wait_for 10 lines 'end G .* verification.completed' 2 &&
		! grep -q 'verification\.\*' "$dir/ran" && rm "$dir/broken.G" && wait_for 10 has_state "$number" "done"
}
one_delivery_is_retried_and_dropped_by_its_hook() {
	touch "$dir/dead.H"
	accept failed H FAILED && wait_for 10 has_delivery_state "$number" 'verification.\*' dead &&
		wait_for 10 has_delivery_state "$number" '\*' dead && rm "$dir/dead.H" &&
		hs retry "$number" --hook 'verification.*' && wait_for 10 has_delivery_state "$number" 'verification.\*' "done" &&
		has_delivery_state "$number" '\*' dead && ! hs retry "$number" --hook nobody &&
		hs drop "$number" --hook 'anycheck/*' && has_state "$number" dropped
}
the_lane_waits_for_all_deliveries_of_an_event() {
	: >"$dir/ran"
	hs suspend 'anycheck/*' && accept failed I FAILED && wait_for 10 has_delivery_state "$number" 'verification.\*' "done" &&
		accept completed I COMPLETED && has_state "$number" queued && has_delivery_state "$number" verification.completed queued &&
		hs resume 'anycheck/*' && wait_for 10 has_state "$number" "done"
}
all_in_a_state_are_retried_in_one_command() {
	local i
	touch "$dir/dead.J"
	for i in failed completed needs_review; do
		accept "$i" J "$(echo "$i" | sed 's/needs_review/need_review/' | tr a-z A-Z)" || return 1
	done
	wait_for 10 has_state "$number" dead && wait_for 10 bash -c "[ \$(hookspool -c '$conf' list --state dead | wc -l) = 3 ]" &&
		wait_for 10 has_ended "$number" || return 1
	rm "$dir/dead.J"
	equal '0 changed' "$(hs retry --state dead --source nobody)" &&
		equal '3 changed' "$(hs retry --state dead --source anycheck --hook '*')" &&
		equal '3 changed' "$(hs retry --state dead)" && wait_for 10 bash -c "! hookspool -c '$conf' list --state dead | grep -q ." &&
		! hs retry --state "done" && ! hs retry --state dead 1
}
a_hook_that_fails_in_a_row_is_suspended_probed_and_opened_by_the_first_success() {
	local i
	write_conf <<-END
		hook "verification.failed" { command = { "$dir/hooks/fails" } suspend-after = 3 retry { first = "200ms" factor = 1 } }
	END
	hook fails <<-END
		[ ! -e "$dir/broken.hook" ] || { echo x >>"$dir/tried"; exit 1; }
	END
	touch "$dir/broken.hook" "$dir/tried"
	restart || return 1
	for i in $(seq 12); do accept failed "S$i" FAILED || return 1; done
	wait_for 10 has_hook_state verification.failed suspended && hs status --json | grep -q '"probe_at":"' || return 1
	wait_for 20 bash -c "[ \$(wc -l <'$dir/tried') -ge 14 ]" &&
		rm "$dir/broken.hook" && wait_for 10 has_hook_state verification.failed open &&
		wait_for 10 bash -c "! hookspool -c '$conf' list --state queued | grep -q ." &&
		equal 1 "$(grep -c 'verification.failed: suspended after' "$dir/log")" && grep -q 'works again' "$dir/log"
}
a_hook_is_suspended_by_hand_across_a_restart_and_not_probed() {
	hs suspend anycheck/verification.failed && ! hs suspend anycheck/nobody && restart &&
		has_hook_state verification.failed 'suspended by the operator' && accept failed T FAILED && has_state "$number" queued &&
		hs resume anycheck/verification.failed && wait_for 10 has_state "$number" "done"
}

run_cases a_lane_waits_for_a_failing_event_across_retries_and_a_restart another_lane_runs_meanwhile \
	a_dead_event_frees_its_lane_and_comes_back_before_what_waits drop_frees_the_lane_and_refuses_what_runs \
	without_a_lane_events_run_side_by_side a_hook_that_takes_its_whole_timeout_holds_nobody_else_up \
	thousands_that_wait_for_a_sleeping_hook_hold_no_other_source_up a_backlog_drains_oldest_first_within_the_limit \
	a_hook_that_takes_all_gets_deliveries_of_its_own one_delivery_is_retried_and_dropped_by_its_hook \
	the_lane_waits_for_all_deliveries_of_an_event all_in_a_state_are_retried_in_one_command \
	a_hook_that_fails_in_a_row_is_suspended_probed_and_opened_by_the_first_success \
	a_hook_is_suspended_by_hand_across_a_restart_and_not_probed
done_testing
