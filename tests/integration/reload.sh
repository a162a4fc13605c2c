#!/usr/bin/env bash
# A configuration that changes under running programs, and a spooler that stops while webhooks come.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

hook note <<-END
	echo "\$1 \$HOOKSPOOL_NUMBER" >>"$dir/ran"
END
hook waits <<-END
	echo "start \$HOOKSPOOL_NUMBER" >>"$dir/waits"
	while [ -e "$dir/hold" ]; do sleep 0.02; done
	echo "end \$HOOKSPOOL_NUMBER" >>"$dir/waits"
END
hook stubborn <<-END
	trap '' TERM
	echo "\$HOOKSPOOL_NUMBER" >>"$dir/stubborn"
	[ -e "$dir/hold" ] || exit 0
	sleep 300 &
	echo \$! >"$dir/left"
	while [ -e "$dir/hold" ]; do sleep 0.05; done
END
write_conf <<-END
	hook "verification.completed" { command = { "$dir/hooks/note", "old" } }
	hook "verification.failed"    { command = { "$dir/hooks/waits" } }
END
start_server

# accept TYPE VERIFICATION STATUS: post it; its number is in $number.
accept() {
	event "$dir/in" "$1" "$2" "$3" && post 200 "$dir/in" &&
		number=$(sed -n 's/.*"number":\([0-9]*\).*/\1/p' "$dir/answer")
}
said() { grep -q "$1" "$dir/log"; }
answers() { [ "$(send "$dir/in")" = "$1" ]; }
log_count() { [ "$(grep -c "$1" "$dir/log")" = "$2" ]; }

a_new_configuration_is_used_and_what_runs_finishes_under_the_old_one() {
	touch "$dir/hold"
	accept failed A FAILED && wait_for 10 test -s "$dir/waits" || return 1
	write_conf <<<"hook \"verification.*\" { command = { \"$dir/hooks/note\", \"new\" } }"
	hs reload && accept completed B COMPLETED && wait_for 10 grep -q "new $number" "$dir/ran" && has_state 1 running &&
		rm "$dir/hold" && wait_for 10 has_state 1 "done" && grep -q 'end 1' "$dir/waits"
}
sighup_does_the_same() {
	write_conf <<<"hook \"verification.*\" { command = { \"$dir/hooks/note\", \"newer\" } }"
	kill -HUP "$(cat "$dir/spool/lock")" && wait_for 10 log_count 'hookspool.conf is in use' 2 &&
		accept completed C COMPLETED && wait_for 10 grep -q "newer $number" "$dir/ran"
}
a_wrong_one_changes_nothing_and_says_why_and_where() {
	local line
	write_conf 'max-running = 5' <<<"hook \"verification.*\" { command = { \"/nowhere/hook\" } }"
	line=$(grep -n nowhere "$conf" | cut -d : -f 1)
	! hs reload >"$dir/said" 2>&1 && grep -q "$conf:$line: option 'command': '/nowhere/hook': No such file" "$dir/said" &&
		said "reload: $conf:$line: option 'command'" && said 'the configuration stays as it was' &&
		hs status --json | grep -q '"max_running":16,' && hs retry --force 2 && wait_for 10 grep -q 'newer 2' "$dir/ran"
}
a_file_that_can_not_be_parsed_is_refused_by_sighup_too() {
	cp "$conf" "$dir/kept"
	echo 'max-runing = 3' >>"$conf"
	kill -HUP "$(cat "$dir/spool/lock")" && wait_for 10 said "reload: $conf:[0-9]*: unknown option 'max-runing'" &&
		cp "$dir/kept" "$conf"
}
what_needs_a_restart_is_refused() {
	write_conf 'cache = "32M"' <<<"hook \"verification.*\" { command = { \"$dir/hooks/note\", \"newest\" } }"
	! hs reload >"$dir/said" 2>&1 && grep -q "option 'cache' can't change while hookspoold runs" "$dir/said"
}
deliveries_of_a_vanished_hook_are_unhandled_until_it_is_back() {
	write_conf <<<"hook \"verification.failed\" { command = { \"$dir/hooks/waits\" } }"
	hs reload && hs suspend anycheck/verification.failed && accept failed E FAILED && has_state "$number" queued || return 1
	write_conf <<<"hook \"verification.completed\" { command = { \"$dir/hooks/note\", \"x\" } }"
	hs reload && has_state "$number" unhandled && hs status --json | grep -q '"anycheck/verification.failed","state":"not configured"' &&
		hs list --state unhandled | grep -q "^$number	" && said 'reload: anycheck/verification.failed is not configured any more' || return 1
	if hs retry "$number" 2>"$dir/said"; then return 1; fi
	grep -q 'the configuration has no hook that could run it' "$dir/said" || return 1
	write_conf <<<"hook \"verification.failed\" { command = { \"$dir/hooks/waits\" } }"
	hs reload && has_state "$number" queued && hs resume anycheck/verification.failed && wait_for 10 has_state "$number" "done"
}
unhandled_ones_get_the_hooks_there_are_now_in_one_command() {
	local first
	accept completed F COMPLETED && has_state "$number" unhandled && first=$number && hs suspend anycheck/verification.failed &&
		accept failed G FAILED || return 1
	write_conf <<<"hook \"*\" { command = { \"$dir/hooks/note\", \"late\" } }"
	hs reload && has_state "$number" unhandled && equal '2 changed' "$(hs retry --state unhandled)" &&
		wait_for 10 has_state "$first" "done" && wait_for 10 has_state "$number" "done" && grep -q "late $first" "$dir/ran" &&
		hs status --json | grep -q '"unhandled":0,' && hs resume anycheck/verification.failed
}
a_responder_notices_a_changed_file_by_itself() {
	accept completed H COMPLETED || return 1
	sed 's|/webhooks/anycheck|/webhooks/elsewhere|' "$conf" >"$dir/moved" && mv "$dir/moved" "$conf" &&
		wait_for 10 answers 404 && said "fcgi.*$conf has changed and is used" &&
		sed 's|/webhooks/elsewhere|/webhooks/anycheck|' "$conf" >"$dir/moved" && mv "$dir/moved" "$conf" && wait_for 10 answers 200
}
and_a_changed_secret() {
	event "$dir/in" completed I COMPLETED && hs sign anycheck <"$dir/in" >"$dir/old.header" || return 1
	head -c 24 /dev/urandom | base64 >"$secret"
	wait_for 10 bash -c "[ \$(curl -s -o /dev/null -w '%{http_code}' -H @'$dir/old.header' -H 'Content-Type: application/json' \
		--data-binary @'$dir/in' http://127.0.0.1:$port/webhooks/anycheck) = 401 ]" && post 200 "$dir/in"
}
and_an_included_file() {
	echo 'max-queued = 5' >"$dir/more.conf"
	sed -i "1i include(\"$dir/more.conf\")" "$conf" && wait_for 10 log_count 'fcgi.*has changed and is used' 4 &&
		echo 'max-queued = 6' >"$dir/more.conf" && wait_for 10 log_count 'fcgi.*has changed and is used' 5 && sed -i 1d "$conf"
}
a_responder_keeps_its_configuration_when_the_new_one_is_wrong() {
	wait_for 10 log_count 'fcgi.*has changed and is used' 6 && cp "$conf" "$dir/kept" && echo 'nonsense = 1' >>"$conf" &&
		wait_for 10 said "fcgi.*can't be used, the one before stays: $conf:[0-9]*: unknown option 'nonsense'" || return 1
	cp "$conf" "$dir/wrong" && cp "$dir/kept" "$dir/signs.conf"
	event "$dir/in" completed J COMPLETED && hookspool -c "$dir/signs.conf" sign anycheck <"$dir/in" >"$dir/in.header" &&
		equal 200 "$(curl -s -o /dev/null -w '%{http_code}' -H @"$dir/in.header" -H 'Content-Type: application/json' \
			--data-binary @"$dir/in" "http://127.0.0.1:$port/webhooks/anycheck")" &&
		log_count "the one before stays" 1 && cp "$dir/kept" "$conf" && wait_for 10 log_count 'fcgi.*has changed and is used' 7
}
# As an editor or a shell does it that empties the file first; each time it is empty for a while in which the responder looks.
what_is_half_written_is_not_used() {
	local i
	accept completed K COMPLETED && cp "$conf" "$dir/whole" && hs sign anycheck <"$dir/in" >"$dir/whole.header" || return 1
	for i in 1 2 3 4 5 6; do
		: >"$conf"
		sleep 0.4
		equal 200 "$(curl -s -o /dev/null -w '%{http_code}' -H @"$dir/whole.header" -H 'Content-Type: application/json' \
			--data-binary @"$dir/in" "http://127.0.0.1:$port/webhooks/anycheck")" || return 1
		cat "$dir/whole" >"$conf"
	done
	! said 'fcgi.*: 0 sources'
}
# One client: so many webhooks one after another; those that were not answered 200 are written down.
client() {
	local i file=$dir/c.$1
	for i in $(seq "$2"); do
		event "$file" needs_review "$1-$i" NEED_REVIEW
		[ "$(send "$file")" = 200 ] || echo "$1-$i" >>"$dir/refused"
	done
}
requests_in_flight_meet_either_configuration_and_none_is_refused() {
	local pids=() i
	: >"$dir/refused"
	for i in $(seq 8); do client "r$i" 15 & pids+=($!); done
	for i in $(seq 5); do touch "$conf" && hs reload && sleep 0.3; done
	wait "${pids[@]}"
	equal '' "$(cat "$dir/refused")" && equal 120 "$(hs list --limit 1000 | grep -c '	r[1-8]-')"
}
a_stop_lets_a_running_hook_finish_and_hides_itself_from_senders() {
	local old pids=() i
	write_conf 'shutdown-grace = "20s"' <<-END
		hook "verification.failed" { command = { "$dir/hooks/waits" } }
		hook "*"                   { command = { "$dir/hooks/note", "x" } }
	END
	hs reload && touch "$dir/hold" && accept failed K FAILED && wait_for 10 grep -q "start $number" "$dir/waits" || return 1
	old=$(cat "$dir/spool/lock")
	: >"$dir/refused"
	kill -TERM "$old" && wait_for 10 said 'no more webhooks' || return 1
	for i in $(seq 4); do client "s$i" 3 & pids+=($!); done
	kill -0 "$old" && rm "$dir/hold" && wait_for 10 gone "$old" && wait "${pids[@]}"
	wait_for 10 has_state "$number" "done" && equal '' "$(cat "$dir/refused")" && grep -q "end $number" "$dir/waits" &&
		equal 1 "$(grep -c "start $number" "$dir/waits")"
}
after_the_grace_hooks_are_killed_and_their_events_stay_queued() {
	local old left
	write_conf 'shutdown-grace = "200ms"' <<<"hook \"verification.failed\" { command = { \"$dir/hooks/stubborn\" } grace = \"300ms\" }"
	hs reload && touch "$dir/hold" && accept failed L FAILED && wait_for 10 test -s "$dir/left" || return 1
	old=$(cat "$dir/spool/lock")
	left=$(cat "$dir/left")
	kill -TERM "$old" && wait_for 10 gone "$old" && gone "$left" && said '1 hooks did not finish in time' &&
		rm "$dir/hold" && wait_for 10 has_state "$number" "done" && equal 2 "$(grep -c "^$number\$" "$dir/stubborn")"
}
a_second_signal_does_not_wait() {
	local old left
	write_conf 'shutdown-grace = "10m"' <<<"hook \"verification.failed\" { command = { \"$dir/hooks/stubborn\" } grace = \"100ms\" }"
	rm -f "$dir/left"
	hs reload && touch "$dir/hold" && accept failed M FAILED && wait_for 10 test -s "$dir/left" || return 1
	old=$(cat "$dir/spool/lock")
	left=$(cat "$dir/left")
	kill -TERM "$old" && wait_for 10 log_count 'no more webhooks; 1 hooks may finish within 600000 ms' 1 && kill -TERM "$old" &&
		wait_for 10 gone "$old" && gone "$left" && rm "$dir/hold" && wait_for 10 has_state "$number" "done"
}

run_cases a_new_configuration_is_used_and_what_runs_finishes_under_the_old_one sighup_does_the_same \
	a_wrong_one_changes_nothing_and_says_why_and_where a_file_that_can_not_be_parsed_is_refused_by_sighup_too \
	what_needs_a_restart_is_refused deliveries_of_a_vanished_hook_are_unhandled_until_it_is_back \
	unhandled_ones_get_the_hooks_there_are_now_in_one_command a_responder_notices_a_changed_file_by_itself and_a_changed_secret \
	and_an_included_file a_responder_keeps_its_configuration_when_the_new_one_is_wrong what_is_half_written_is_not_used \
	requests_in_flight_meet_either_configuration_and_none_is_refused \
	a_stop_lets_a_running_hook_finish_and_hides_itself_from_senders after_the_grace_hooks_are_killed_and_their_events_stay_queued \
	a_second_signal_does_not_wait
done_testing
