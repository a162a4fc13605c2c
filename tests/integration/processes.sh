#!/usr/bin/env bash
# Hooks that behave badly, and what their processes are given: users, limits, an end.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"
needs setpriv

[ "$(id -u)" = 0 ] || { echo '1..0 # SKIP these tests start hooks as other users: run them as root'; exit 0; }
chmod 711 "$dir"
as_nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
mkdir -m 1777 "$dir/open"

hook escapes <<-END
	setsid sh -c 'echo \$\$ >"$dir/escaped.pid"; exec sleep 300' &
	env -i setsid sh -c 'sh -c "echo \\\$\\\$ >$dir/hidden.pid; exec sleep 300" & exit' &
	while [ ! -s "$dir/escaped.pid" ] || [ ! -s "$dir/hidden.pid" ]; do sleep 0.01; done
	[ ! -e "$dir/stay" ] || sleep 300
END
hook keeps <<-END
	setsid sh -c 'echo \$\$ >"$dir/kept.pid"; exec sleep 300' >/dev/null 2>&1 &
	while [ ! -s "$dir/kept.pid" ]; do sleep 0.01; done
END
hook polite <<-END
	trap 'echo term >>"$dir/polite"; exit 0' TERM
	(trap 'echo child >>"$dir/polite"; exit 0' TERM; : >"$dir/ready"; while :; do sleep 0.02; done) &
	while [ ! -e "$dir/ready" ]; do sleep 0.01; done
END
hook gigabyte <<-END
	head -c 1073741824 /dev/zero
	echo the end >&2
END
hook closes <<-END
	exec <&- >&- 2>&-
	sleep 0.3
	: >"$dir/went.on"
END
hook deaf <<-END
	exit 0
END
hook suicide <<-END
	kill -9 \$\$
END
hook tells <<-END
	id -un; id -gn; umask; ulimit -t; ulimit -v; ulimit -n; ulimit -f; ulimit -c; nice; pwd
	ls /proc/self/fd | tr '\n' ' '; echo
	# 32 and 33 are the C library's own.
	echo "ignored \$((0x\$(sed -n 's/^SigIgn:[[:blank:]]*//p' /proc/self/status) & 0x7fffffff))"
END
hook lines <<-END
	printf 'one\ntwo \033[31m\nthree'
	echo 'no %s %n' >&2
END
hook slow <<-END
	echo first
	while [ ! -e "$dir/go" ]; do sleep 0.01; done
	echo second; echo aside >&2; printf '\377\000end'
	while [ ! -e "$dir/go.on" ]; do sleep 0.01; done
	head -c 3000000 /dev/zero | tr '\0' z
	exit 3
END
hook tail <<-END
	echo \$\$ >"$dir/tail.pid"
	while [ ! -e "$dir/tail.go" ]; do sleep 0.01; done
	echo own words
END
hook quick <<-END
	: >"$dir/open/quick.\$HOOKSPOOL_NUMBER"
END
write_conf 'max-running = 8' 'require-https = false max-body = 16M' <<-END
	hook "verification.completed"    { command = { "/bin/sh", "-c", "exec $dir/hooks/\$(cat $dir/which)" } grace = "1s" retry { first = "200ms" } }
	hook "verification.failed"       { command = { "$dir/hooks/keeps" } orphans = keep }
	hook "verification.needs_review" {
	    command = { "$dir/hooks/tells" } user = nobody group = daemon umask = 027 nice = 7 directory = "/usr"
	    rlimit { cpu = "100s" memory = "1G" files = 99 file-size = "1M" core = 0 }
	}
END
start_server
count=0

# run HOOK: as the hook of a new event; its number is $number
run() {
	echo "$1" >"$dir/which"
	count=$((count + 1))
	event "$dir/in" completed "v$count" COMPLETED
	post 200 "$dir/in" && number=$(sed 's/.*"number":\([0-9]*\).*/\1/' "$dir/answer")
}
shows() { hs show "$number" >"$dir/show" && grep -qE -e "$1" "$dir/show" || { cat "$dir/show"; return 1; }; }
pid_in() { cat "$dir/$1.pid"; }
spooler() { cat "$dir/spool/lock"; }
keepers() { xargs -n 1 <"/proc/$(runner)/task/$(runner)/children"; }
remove() { rm -f "$dir"/*.pid "$dir/stay"; }

what_escapes_into_its_own_session_is_killed() {
	run escapes && wait_for 10 has_state "$number" "done" && gone "$(pid_in escaped)" && gone "$(pid_in hidden)"
}
what_is_left_behind_gets_term_first() {
	run polite && wait_for 10 has_state "$number" "done" && equal child "$(cat "$dir/polite")"
}
orphans_are_kept_where_the_hook_says_so() {
	event "$dir/in" failed keep FAILED
	post 200 "$dir/in" && number=$(sed 's/.*"number":\([0-9]*\).*/\1/' "$dir/answer") && wait_for 10 has_state "$number" "done" || return 1
	! gone "$(pid_in kept)" && kill "$(pid_in kept)"
}
nothing_is_left_when_the_runner_is_killed() {
	remove
	: >"$dir/stay"
	run escapes && wait_for 10 test -s "$dir/hidden.pid" && wait_for 10 test -s "$dir/escaped.pid" || return 1
	local escaped hidden
	escaped=$(pid_in escaped) hidden=$(pid_in hidden)
	rm "$dir/stay"
	kill -9 "$(runner)" && wait_for 10 gone "$escaped" && wait_for 10 gone "$hidden" && remove || return 1
	wait_for 10 hs status || { event "$dir/in" failed wake FAILED; post 200 "$dir/in"; }
	wait_for 20 has_state "$number" "done"
}
nothing_is_left_when_the_spooler_is_killed() {
	remove
	: >"$dir/stay"
	run escapes && wait_for 10 test -s "$dir/hidden.pid" && wait_for 10 test -s "$dir/escaped.pid" || return 1
	local escaped hidden
	escaped=$(pid_in escaped) hidden=$(pid_in hidden)
	rm "$dir/stay"
	kill -9 "$(spooler)" && wait_for 10 gone "$escaped" && wait_for 10 gone "$hidden" && remove || return 1
	wait_for 10 hs status || { event "$dir/in" failed wake2 FAILED; post 200 "$dir/in"; }
	wait_for 20 has_state "$number" "done"
}
nothing_is_left_when_a_keeper_is_killed() {
	remove
	: >"$dir/stay"
	run escapes && wait_for 10 test -s "$dir/escaped.pid" && wait_for 10 test -s "$dir/hidden.pid" || return 1
	local keeper escaped hidden
	escaped=$(pid_in escaped) hidden=$(pid_in hidden)
	keeper=$(keepers)
	kill -9 "$keeper" && rm "$dir/stay" && wait_for 10 shows 'result +signal' && wait_for 10 gone "$escaped" && wait_for 10 gone "$hidden" || return 1
	wait_for 20 has_state "$number" "done" && remove
}
# idle: nothing runs, so that whatever the runner has as children waits for it
idle() { [ "$(hs status --json | grep -o '"running": *[0-9]*' | sed 's/.*: *//;q')" = 0 ]; }
a_keeper_that_was_killed_between_two_runs_costs_no_attempt() {
	run quick && wait_for 10 has_state "$number" "done" && wait_for 10 idle && [ -n "$(keepers)" ] || return 1
	# shellcheck disable=SC2046 # words
	kill -9 $(keepers) && run quick && wait_for 10 has_state "$number" "done" && hs show --json "$number" | grep -q '"attempts":1,'
}
a_keeper_that_waits_leaves_with_its_runner() {
	run quick && wait_for 10 has_state "$number" "done" && wait_for 10 idle || return 1
	local keeper
	keeper=$(keepers) && [ -n "$keeper" ] && kill -9 "$(runner)" || return 1
	for keeper in $keeper; do wait_for 10 gone "$keeper" || return 1; done
	wait_for 10 hs status || { event "$dir/in" failed wake3 FAILED; post 200 "$dir/in"; }
	remove
	run quick && wait_for 20 has_state "$number" "done"
}
what_one_run_gave_away_does_not_reach_the_next() {
	# Somebody outside holds the first run's output open and writes into it while the second one runs.
	run tail && wait_for 10 test -s "$dir/tail.pid" || return 1
	exec 4>"/proc/$(pid_in tail)/fd/1"
	: >"$dir/tail.go"
	wait_for 10 has_state "$number" "done" && rm "$dir/tail.go" "$dir/tail.pid" && run tail && wait_for 10 test -s "$dir/tail.pid" || return 1
	(echo stranger >&4) 2>/dev/null # nobody reads it
	exec 4>&-
	: >"$dir/tail.go"
	wait_for 10 has_state "$number" "done" && shows 'own words' && ! grep -q stranger "$dir/show"
}
a_gigabyte_of_output_is_bounded() {
	run gigabyte && wait_for 60 has_state "$number" "done" && shows 'stdout_bytes +1073741824' && shows 'the end' &&
		[ "$(awk '/VmHWM/ { print $2 }' "/proc/$(runner)/status")" -lt 30000 ]
}
a_hook_that_closes_everything_goes_on() { run closes && wait_for 10 has_state "$number" "done" && test -e "$dir/went.on"; }
ten_megabytes_that_nobody_reads_hurt_nobody() {
	echo deaf >"$dir/which"
	event "$dir/in" completed large COMPLETED ',"pad":"'
	truncate -s -1 "$dir/in" && head -c 10485760 /dev/zero | tr '\0' x >>"$dir/in" && printf '"}' >>"$dir/in"
	post 200 "$dir/in" && number=$(sed 's/.*"number":\([0-9]*\).*/\1/' "$dir/answer") && wait_for 20 has_state "$number" "done"
}
signal_9_is_told_and_tried_again() {
	run suicide && wait_for 10 shows 'result +signal' && shows 'code +9' && echo quick >"$dir/which" && wait_for 20 has_state "$number" "done"
}
a_hook_that_is_gone_is_tried_again() {
	cp "$dir/hooks/quick" "$dir/away" && rm "$dir/hooks/quick" && run quick && wait_for 10 shows 'not found' && has_state "$number" queued &&
		cp "$dir/away" "$dir/hooks/quick" && wait_for 20 has_state "$number" "done"
}
user_limits_and_the_rest_are_as_configured() {
	event "$dir/in" needs_review tells NEED_REVIEW
	post 200 "$dir/in" && number=$(sed 's/.*"number":\([0-9]*\).*/\1/' "$dir/answer") && wait_for 10 has_state "$number" "done" &&
		equal 'nobody daemon 0027 100 1048576 99 2048 0 7 /usr 0 1 2 3 ignored 0' \
			"$(hs show --json "$number" | sed 's/.*"stdout":"\([^"]*\)".*/\1/; s/\\\\x0a/ /g; s/\\\\x09/ /g' | xargs)"
}
cpu_time_and_memory_of_an_attempt_are_shown() { shows 'cpu_us +[0-9]' && shows 'memory_kib +[1-9]' && shows 'started_at' && shows 'ended_at'; }

# restart: with the configuration as it is now
restart() { stop_all && start_server && { wait_for 10 hs status || true; }; }
a_running_hooks_output_can_be_followed() {
	write_conf <<-END
		hook "*" { command = { "$dir/hooks/slow" } retry { give-up = "0s" } }
	END
	restart && run slow || return 1
	hs follow "$number" >"$dir/followed" 2>"$dir/aside" &
	local follower=$! status missed
	wait_for 10 grep -qx first "$dir/followed" && : >"$dir/go" && wait_for 10 grep -q end "$dir/followed" &&
		equal "$(printf 'first\nsecond\n\377\000end' | od -c)" "$(od -c "$dir/followed")" && equal aside "$(cat "$dir/aside")" || return 1
	# One that does not read holds nobody up.
	exec 3< <(hs follow "$number" 2>&1)
	: >"$dir/go.on"
	wait_for 20 has_state "$number" dead || return 1
	exec 3<&-
	wait "$follower"
	status=$?
	equal 1 "$status" && grep -q 'ended: exited 3' "$dir/aside" && ! hs follow "$number" 2>"$dir/said" && grep -q 'no hook runs for this event now' "$dir/said" &&
		missed=$(awk '/ bytes were missed$/ { n += $2 } END { print n + 0 }' "$dir/aside") &&
		equal 3000018 "$(($(wc -c <"$dir/followed") + missed))"
}
output_in_the_log_is_visible_and_no_format() {
	write_conf <<-END
		hook "*" { command = { "$dir/hooks/lines" } log-output = true }
	END
	restart && run lines && wait_for 10 has_state "$number" "done" && grep -q "event $number: anycheck/\*: stdout: one$" "$dir/log" &&
		grep -qF 'stdout: two \x1b[31m' "$dir/log" && grep -q 'stdout: three$' "$dir/log" && grep -q 'stderr: no %s %n$' "$dir/log"
}
a_program_that_others_may_write_to_is_refused() {
	chmod 777 "$dir/hooks/lines"
	run lines && wait_for 10 shows "may be written to by others \(mode 0777\)" && has_state "$number" queued &&
		! hs check 2>"$dir/said" && grep -q "hooks/lines' may be written to by others (mode 0777); chmod go-w" "$dir/said" &&
		chmod 755 "$dir/hooks/lines" && hs retry "$number" && wait_for 10 has_state "$number" "done" || return 1
	chmod 775 "$dir/hooks"
	run lines && wait_for 10 shows "is in the directory '$dir/hooks', which may be written to by its group" && chmod 755 "$dir/hooks"
}
a_full_process_table_leaves_the_event_queued() {
	write_conf <<-END
		hook "*" { command = { "$dir/hooks/quick" } user = nobody rlimit { processes = 0 } }
	END
	# The limit counts what the user has running elsewhere, too.
	"${as_nobody[@]}" sleep 300 &
	local other=$!
	restart && run quick && wait_for 30 shows 'Resource temporarily unavailable' && has_state "$number" queued || { kill "$other"; return 1; }
	kill "$other"
	write_conf <<-END
		hook "*" { command = { "$dir/hooks/quick" } user = nobody }
	END
	restart && wait_for 20 has_state "$number" "done" && test -e "$dir/open/quick.$number" && equal nobody "$(stat -c %U "$dir/open/quick.$number")"
}
no_process_for_a_keeper_leaves_the_event_queued() {
	write_conf 'autostart = false' <<-END
		hook "*" { command = { "$dir/hooks/quick" } }
	END
	# The programs where that user may run them.
	cp "$HOOKSPOOL_BUILD/hookspoold" "$dir" && cp -r "$HOOKSPOOL_SOURCE/src/presets" "$dir" && chmod -R a+rX "$dir/presets" &&
		sed -i "s|^presets.*|presets = \"$dir/presets\"|" "$conf" && chmod 644 "$conf"
	stop_all
	chown -R nobody "$dir/spool" "$dir/run" "$dir/log" && chmod 755 "$dir/run"
	start_server || return 1
	"${as_nobody[@]}" prlimit --nproc=4096 "$dir/hookspoold" -c "$conf" &
	local pid=$!
	wait_for 10 test -S "$dir/run/submit.sock" && wait_for 10 hs status || return 1
	"${as_nobody[@]}" prlimit --pid "$(runner)" --nproc=0:4096 && run quick && wait_for 30 shows 'Resource temporarily unavailable' && has_state "$number" queued &&
		shows 'attempts +[1-9]' && "${as_nobody[@]}" prlimit --pid "$(runner)" --nproc=4096:4096 && wait_for 20 has_state "$number" "done" && test -e "$dir/open/quick.$number"
	local result=$?
	kill "$pid"
	wait "$pid"
	return "$result"
}

runs_again() { ! grep -q '^State:.T' "/proc/$1/status"; }
a_runner_and_a_reaper_that_are_stopped_go_on() {
	local reaper
	reaper=$(pgrep -P "$(cat "$dir/spool/lock")" hookspool-reap) && kill -STOP "$(runner)" && wait_for 10 runs_again "$(runner)" &&
		kill -STOP "$reaper" && wait_for 20 runs_again "$reaper" && wait_for 10 grep -q "runner's parent was stopped.*go on$" "$dir/log"
}

run_cases what_escapes_into_its_own_session_is_killed a_runner_and_a_reaper_that_are_stopped_go_on what_is_left_behind_gets_term_first orphans_are_kept_where_the_hook_says_so \
	nothing_is_left_when_the_runner_is_killed nothing_is_left_when_the_spooler_is_killed nothing_is_left_when_a_keeper_is_killed \
	a_keeper_that_was_killed_between_two_runs_costs_no_attempt a_keeper_that_waits_leaves_with_its_runner \
	what_one_run_gave_away_does_not_reach_the_next \
	a_gigabyte_of_output_is_bounded a_hook_that_closes_everything_goes_on ten_megabytes_that_nobody_reads_hurt_nobody \
	signal_9_is_told_and_tried_again a_hook_that_is_gone_is_tried_again user_limits_and_the_rest_are_as_configured \
	cpu_time_and_memory_of_an_attempt_are_shown a_running_hooks_output_can_be_followed output_in_the_log_is_visible_and_no_format \
	a_program_that_others_may_write_to_is_refused a_full_process_table_leaves_the_event_queued \
	no_process_for_a_keeper_leaves_the_event_queued
done_testing
