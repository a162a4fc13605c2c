#!/usr/bin/env bash
# mode = "worker": one process for many events, and what becomes of an event when its worker breaks.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"
needs python3

mkdir -p "$dir/hooks"
cp "$HOOKSPOOL_SOURCE"/contrib/hooks/worker.* "$HOOKSPOOL_SOURCE/contrib/hooks/approve.sh" \
	"$HOOKSPOOL_SOURCE/contrib/hooks/notify.py" "$dir/hooks"
chmod 755 "$dir"/hooks/*

# What it does is the verification's name up to the first "-"; with a "+" before it only at the first attempt.
cat >"$dir/hooks/odd" <<'END'
#!/usr/bin/env perl
use strict;
use warnings;
use IO::Handle;
use JSON::PP;
my $dir = $ARGV[0];
$| = 1;
sub note { open(my $f, '>>', "$dir/$_[0]") or die; print {$f} $_[1] }
sub wait_for { select(undef, undef, undef, 0.01) until -e "$dir/$_[0]" }
while (my $line = <STDIN>) {
	note('lines', $line);
	my $e = decode_json($line);
	my ($what) = (eval { decode_json($e->{body})->{verification_id} } // 'fine') =~ /^([^-]*)/;
	note('pids', "$$\n");
	my %answer = (number => $e->{number}, result => 'done', message => "attempt $e->{attempt}");
	if ($what =~ s/^\+// && $e->{attempt} > 1) { $what = 'fine' }
	if    ($what eq 'nine')     { print STDERR "its last words\n"; kill 9, $$ }
	elsif ($what eq 'ill')      { kill 9, $$ unless -e "$dir/mended" }
	elsif ($what eq 'quit')     { exit 0 }
	elsif ($what eq 'hang')     { $SIG{TERM} = 'IGNORE'; sleep 1 while 1 }
	elsif ($what eq 'nonsense') { print "hello\n"; next }
	elsif ($what eq 'wrong')    { $answer{number}++ }
	elsif ($what eq 'member')   { $answer{mesage} = 'x' }
	elsif ($what eq 'result')   { $answer{result} = 'perhaps' }
	elsif ($what eq 'long')     { $answer{message} = 'x' x 20000 }
	elsif ($what eq 'endless')  { print 'y' x 100000; sleep 1 while 1 }
	elsif ($what eq 'closed')   { close STDOUT; sleep 1 while 1 }
	elsif ($what eq 'retry')    { $answer{result} = 'retry' }
	elsif ($what eq 'dead')     { @answer{'result', 'message'} = ('dead', "control \x1b[31m") }
	elsif ($what eq 'both')     { note("both.$$", ''); select(undef, undef, undef, 0.01) until (() = glob "$dir/both.*") == 2 }
	elsif ($what eq 'loud')     { print STDERR "first\n"; wait_for('go'); print STDERR 'z' x 3000, "the end\n" }
	print encode_json(\%answer), "\n";
	if    ($what eq 'twice')    { print "again\n" }
	elsif ($what eq 'once')     { exit 0 }
}
note('left', "$$\n");
END
chmod 755 "$dir/hooks/odd"

# The standard configuration with the hooks on standard input.
workers() { write_conf 'max-running = 16  deadline = "9s"' 'require-https = false  max-body = "16M"  env = { "CUSTOMER=body:/verification_id" }'; }
odd() { # OPTIONS
	workers <<-END
		hook "verification.*" { command = { "$dir/hooks/odd", "$dir" } mode = "worker" retry { first = "50ms" max = "50ms" } $1 }
	END
}
odd 'timeout = "60s" max-running = 1 grace = "500ms"'
start_server

# deliver: what is in $dir/in; its event is number $last.
deliver() { post 200 "$dir/in" && last=$(jq .number "$dir/answer"); }
give() { # VERIFICATION
	event "$dir/in" completed "$1" COMPLETED
	deliver
}
# attempt JQ-PATH: of the last event.
attempt() { hs show --json "$last" | jq -r ".deliveries[0].history | $1"; }
restart() { stop_all && start_server && rm -f "$dir/pids" "$dir/lines"; }

one_process_gets_one_event_after_another() {
	local i
	for i in 1 2 3 4 5; do give "fine-$i" || return 1; done
	wait_for 10 has_state 5 "done" && equal 5 "$(wc -l <"$dir/pids")" && equal 1 "$(sort -u "$dir/pids" | wc -l)"
}
the_line_has_all_that_a_hook_is_told() {
	jq -s -e '.[0] | (keys == ["attempt", "body", "content_type", "env", "event", "hook", "id", "key", "number", "received_at", "source"]) and
		.number == 1 and .attempt == 1 and .source == "anycheck" and .event == "verification.completed" and
		.hook == "verification.*" and .env.CUSTOMER == "fine-1" and .content_type == "application/json" and
		(.received_at | test("^20.*Z$"))' "$dir/lines" &&
		event "$dir/in" completed fine-1 COMPLETED && equal "$(cat "$dir/in")" "$(jq -s -r '.[0].body' "$dir/lines")"
}
a_body_with_quotes_and_other_alphabets_comes_as_it_was() {
	event "$dir/in" completed fine-text COMPLETED ',"x":"\\\"\u0000 ü 😀 \n"'
	deliver && wait_for 10 has_state "$last" "done" &&
		jq -s -j ".[-1].body" "$dir/lines" | cmp - "$dir/in"
}
a_body_of_megabytes_comes_as_it_was() {
	event "$dir/in" completed fine-large COMPLETED ",\"x\":\"$(head -c 1500000 /dev/urandom | base64 -w 0 | sed 's|//|\\"|g')\"" &&
		deliver && wait_for 60 has_state "$last" "done" &&
		jq -s -j ".[-1].body" "$dir/lines" | cmp - "$dir/in"
}
retry_and_dead_are_answers_and_the_message_is_kept() {
	give +retry && wait_for 10 has_state "$last" "done" && equal 'answered 1 attempt 1' "$(attempt '.[0] | "\(.result) \(.code) \(.stdout)"')" &&
		equal 'attempt 2' "$(attempt '.[1].stdout')" && give dead && wait_for 10 has_state "$last" dead &&
		equal 'answered 100 1' "$(attempt '"\(.[0].result) \(.[0].code) \(length)"')"
}
# broken VERIFICATION RESULT MESSAGE
broken() {
	give "+$1" && wait_for 20 has_state "$last" "done" && equal 2 "$(attempt length)" &&
		equal "$2" "$(attempt '.[0].result')" && equal "$3" "$(attempt '.[0].message // ""')" &&
		equal "answered" "$(attempt '.[1].result')"
}
a_worker_that_is_killed_costs_its_event_an_attempt_and_its_stderr_is_kept() {
	broken nine signal '' && attempt '.[0].stderr' | grep -q '^its last words'
}
a_worker_that_ends_instead_of_answering_has_not_done_it() { broken quit quit ''; }
nonsense_is_told_and_the_event_runs_again() {
	broken nonsense nonsense 'the answer is not a JSON object' && equal hello "$(attempt '.[0].stdout')" &&
		broken wrong nonsense "the answer's number is not the event's" &&
		broken member nonsense 'the answer has a member that is not known' &&
		broken result nonsense "the answer's result is not done, retry or dead" &&
		broken long nonsense 'the answer is too long' && broken endless nonsense 'the answer is too long' &&
		broken closed nonsense 'the worker closed its output'
}
a_line_too_many_ends_the_worker_but_not_its_answer() {
	local before
	give fine-before && wait_for 10 has_state "$last" "done" && before=$(tail -n 1 "$dir/pids") &&
		give twice && wait_for 10 has_state "$last" "done" && equal 1 "$(attempt length)" &&
		wait_for 10 gone "$before" && give fine-after && wait_for 10 has_state "$last" "done" && equal 1 "$(attempt length)"
}
a_worker_that_breaks_again_and_again_is_started_with_growing_pauses() {
	give ill && wait_for 20 grep -q 'is started in 400 ms' "$dir/log" && : >"$dir/mended" && wait_for 20 has_state "$last" "done"
}
a_worker_that_hangs_is_ended_and_its_event_runs_again() {
	odd 'timeout = "300ms" max-running = 1 grace = "200ms" idle-timeout = "100ms"'
	restart && broken hang timeout '' && wait_for 10 gone "$(head -n 1 "$dir/pids")"
}
# One of the case before may have left meanwhile, too.
left_is_last() { equal "$(tail -n 1 "$dir/pids")" "$(tail -n 1 "$dir/left")"; }
an_idle_worker_is_told_to_leave_by_the_end_of_its_input() {
	odd 'timeout = "10s" max-running = 1 grace = "10s" idle-timeout = "100ms"' # a busy machine may need time to leave
	restart && rm -f "$dir/left" && give fine-idle && wait_for 10 has_state "$last" "done" &&
		wait_for 10 left_is_last && wait_for 10 gone "$(tail -n 1 "$dir/left")"
}
a_worker_may_leave_after_each_event_and_no_event_pays_for_it() {
	local i first
	odd 'timeout = "10s" max-running = 1'
	restart && first=$((last + 1)) || return 1
	for i in $(seq 20); do give "once-$i" || return 1; done
	for i in $(seq "$first" "$last"); do wait_for 10 has_state "$i" "done" || return 1; done
	equal 20 "$(sort -u "$dir/pids" | wc -l)" && equal 20 "$(wc -l <"$dir/pids")" &&
		! grep -q "event $last.*attempt 1 failed" "$dir/log"
}
several_copies_work_side_by_side() {
	odd 'timeout = "20s" max-running = 2'
	restart && give both-1 && give both-2 && wait_for 20 has_state "$last" "done" && has_state $((last - 1)) "done" &&
		equal 2 "$(sort -u "$dir/pids" | wc -l)"
}
a_program_that_was_replaced_is_started_anew() {
	local old
	give fine-old && wait_for 10 has_state "$last" "done" && old=$(tail -n 1 "$dir/pids") && cp -p "$dir/hooks/odd" "$dir/hooks/new" &&
		mv "$dir/hooks/new" "$dir/hooks/odd" && rm "$dir/pids" && give fine-new-1 && wait_for 10 has_state "$last" "done" &&
		wait_for 10 grep -qx "$old" "$dir/left" && ! grep -qx "$old" "$dir/pids"
}
follow_and_the_log_show_its_standard_error() {
	odd 'timeout = "20s" max-running = 1 log-output = true'
	restart && give loud && wait_for 10 test -s "$dir/pids" || return 1
	hs follow "$last" >"$dir/followed" 2>&1 &
	wait_for 10 grep -q first "$dir/followed" && : >"$dir/go" && wait "$!" && grep -q 'the end' "$dir/followed" &&
		grep -q 'stderr: first' "$dir/log"
}
no_worker_outlives_a_spooler_that_is_killed() {
	local pid
	give fine-last && wait_for 10 has_state "$last" "done" && pid=$(tail -n 1 "$dir/pids") && ! gone "$pid" &&
		kill -9 "$(cat "$dir/spool/lock")" && wait_for 10 gone "$pid" && wait_for 10 hs status
}
an_event_in_hand_runs_again_after_the_spooler_was_killed() {
	local pid
	rm -f "$dir/go" && restart && give loud-killed && wait_for 10 test -s "$dir/pids" && pid=$(cat "$dir/pids") &&
		kill -9 "$(cat "$dir/spool/lock")" && wait_for 10 gone "$pid" && : >"$dir/go" && restart && give fine-wakes &&
		wait_for 20 has_state $((last - 1)) "done" && wait_for 20 has_state "$last" "done"
}
a_worker_that_can_not_be_started_is_told_and_tried_again() {
	workers <<-END
		hook "*" { command = { "$dir/hooks/bad" } mode = "worker" retry { first = "50ms" max = "50ms" } }
	END
	printf '#!/nowhere/interpreter\n' >"$dir/hooks/bad" && chmod 755 "$dir/hooks/bad"
	restart && give fine-bad && wait_for 10 hs show "$last" && wait_for 10 [ "$(attempt '.[0].code')" = 2 ] || return 1
	attempt '.[0].stderr' | grep -q 'No such file' && cp "$dir/hooks/worker.py" "$dir/hooks/bad" && wait_for 20 has_state "$last" "done"
}
the_example_workers_work_as_they_are() {
	local name i
	for name in worker.sh worker.py worker.pl; do
		workers <<-END
			hook "*" { command = { "$dir/hooks/$name", "$dir/$name.out" } mode = "worker" max-running = 1 }
		END
		restart || return 1
		for i in 1 2 3; do give "$name-ü-$i" || return 1; done
		wait_for 20 has_state "$last" "done" && equal "$(attempt '.[0].stdout')" "$name-ü-3" &&
			equal "$(printf '%s\n' $((last - 2))" \"$name-ü-1\"" $((last - 1))" \"$name-ü-2\"" "$last \"$name-ü-3\"")" "$(cat "$dir/$name.out")" ||
			return 1
	done
}
the_example_hooks_work_as_they_are() {
	local name
	for name in approve.sh notify.py; do
		workers <<-END
			hook "*" { command = { "$dir/hooks/$name" } }
		END
		restart && give "one-$name" && wait_for 20 has_state "$last" "done" && attempt '.[0].stdout' | grep -q "one-$name" || return 1
	done
}

run_cases one_process_gets_one_event_after_another the_line_has_all_that_a_hook_is_told \
	a_body_with_quotes_and_other_alphabets_comes_as_it_was a_body_of_megabytes_comes_as_it_was \
	retry_and_dead_are_answers_and_the_message_is_kept a_worker_that_is_killed_costs_its_event_an_attempt_and_its_stderr_is_kept \
	a_worker_that_ends_instead_of_answering_has_not_done_it nonsense_is_told_and_the_event_runs_again \
	a_line_too_many_ends_the_worker_but_not_its_answer a_worker_that_breaks_again_and_again_is_started_with_growing_pauses \
	a_worker_that_hangs_is_ended_and_its_event_runs_again an_idle_worker_is_told_to_leave_by_the_end_of_its_input \
	a_worker_may_leave_after_each_event_and_no_event_pays_for_it several_copies_work_side_by_side \
	a_program_that_was_replaced_is_started_anew follow_and_the_log_show_its_standard_error \
	no_worker_outlives_a_spooler_that_is_killed an_event_in_hand_runs_again_after_the_spooler_was_killed \
	a_worker_that_can_not_be_started_is_told_and_tried_again the_example_workers_work_as_they_are \
	the_example_hooks_work_as_they_are
done_testing
