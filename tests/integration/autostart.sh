#!/usr/bin/env bash
# Responders that start the spooler: many at once, one that can't be started, and what they give up before they take anything.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"
responders=4

# Several responders of one web server.  serve [GLOBAL OPTIONS] [SOURCE OPTIONS]; hooks are on standard input
serve() {
	write_conf "health-path = \"/health\" ${1:-}" "${2:-require-https = false}" && : >"$dir/log" && : >"$dir/lighttpd.err" && start_server "$(cat <<-END
		server.modules = ( "mod_fastcgi" )
		fastcgi.server = ( "/" => (( "socket" => "$dir/run/fcgi.sock", "bin-path" => "$HOOKSPOOL_BUILD/hookspool.fcgi",
		    "max-procs" => $responders, "check-local" => "disable", "bin-environment" => ( "HOOKSPOOL_CONF" => "$conf" ) )) )
	END
	)"
}
responder_ids() { pgrep -P "$server" -f hookspool.fcgi; }
starter_of() { pgrep -P "$1"; }
ready() { [ "$(grep -c 'hookspool.fcgi.*ready:' "$dir/log")" = "$responders" ]; }
times() { equal "$1" "$(cat "$dir/log" "$dir/lighttpd.err" | grep -c "$2")"; }
health() { equal "$1" "$(curl -s -m 10 -o "$dir/answer" -w '%{http_code}' "http://127.0.0.1:$port/health")" && grep -q "$2" "$dir/answer"; }
# of PID WORD: its line in /proc/PID/status.
of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
post_many() {
	local senders=()
	for i in $(seq 20); do
		event "$dir/in.$1.$i" completed "$1-$i" COMPLETED
		send "$dir/in.$1.$i" -o /dev/null >"$dir/status.$i" &
		senders+=($!)
	done
	wait "${senders[@]}"
	equal 20 "$(cat "$dir"/status.* | grep -o 200 | wc -l)"
}

many_responders_start_one_spooler() {
	serve <<<'' && wait_for 10 ready && post_many first && times 1 ': starting ' && times 0 'another hookspoold has' && times 1 'hookspoold.*ready:'
}
and_one_again_when_it_is_killed() {
	local was
	was=$(cat "$dir/spool/lock") && kill -9 "$was" && wait_for 10 gone "$was" && post_many second && times 2 ': starting ' &&
		times 0 'another hookspoold has' && times 2 'hookspoold.*ready:' && [ "$(cat "$dir/spool/lock")" != "$was" ]
}
a_starter_ends_with_its_responder_however_that_ends() {
	local responder starter
	responder=$(responder_ids | head -n 1) && starter=$(starter_of "$responder") && [ -n "$starter" ] && kill "$starter" && kill -0 "$starter" &&
		kill -9 "$responder" && wait_for 10 gone "$starter"
}
a_responder_gives_up_what_it_can_before_it_serves() {
	local responder
	for responder in $(responder_ids); do
		equal 2 "$(of "$responder" Seccomp)" && equal 1 "$(of "$responder" NoNewPrivs)" || return 1
	done
	grep -q 'ready: 1 sources, sandbox: no_new_privs, seccomp' "$dir/log"
}
but_the_spooler_and_its_hooks_do_not_inherit_that() {
	hook status <<-END
		cat >/dev/null
		grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status >"$dir/hook.status"
	END
	stop_all && serve <<<"hook \"*\" { command = { \"$dir/hooks/status\" } }" && event "$dir/in" completed walls COMPLETED && post 200 "$dir/in" &&
		wait_for 10 test -s "$dir/hook.status" && equal "$(grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status)" "$(cat "$dir/hook.status")" &&
		equal "$(of self Seccomp)" "$(of "$(cat "$dir/spool/lock")" Seccomp)"
}
without_the_option_nothing_is_given_up() {
	local responder
	stop_all && serve 'sandbox = false' <<<'' && wait_for 10 ready && grep -q 'sandbox: off' "$dir/log" || return 1
	for responder in $(responder_ids); do
		equal "$(of self Seccomp)" "$(of "$responder" Seccomp)" && equal "$(of self NoNewPrivs)" "$(of "$responder" NoNewPrivs)" || return 1
	done
}
# Who else may write to a hook only the spooler looks.
a_configuration_that_the_spooler_refuses_is_told_and_not_tried_in_a_storm() {
	hook anybodys </dev/null
	chmod 757 "$dir/hooks/anybodys"
	stop_all && serve <<<"hook \"*\" { command = { \"$dir/hooks/anybodys\" } }" && event "$dir/in" completed bad COMPLETED && post 503 "$dir/in" &&
		grep -q '"error":"unavailable"' "$dir/answer" && health 503 unavailable &&
		wait_for 10 grep -q 'was started and is not there' "$dir/log" && times 1 ': starting ' && times 1 'was started and is not there' &&
		[ "$(cat "$dir/log" "$dir/lighttpd.err" | grep -c 'hooks/anybodys')" -le 8 ]
}
and_is_tried_at_once_when_it_has_changed() {
	chmod 755 "$dir/hooks/anybodys"
	echo >>"$conf"
	wait_for 10 health 200 ready && post 200 "$dir/in" && times 2 ': starting ' && times 1 'hookspoold.*ready:'
}
a_spooler_without_its_directory_is_told() {
	stop_all && serve <<<'' && wait_for 10 health 200 ready && stop_all && sed -i "s|^spool .*|spool = \"$conf/spool\"|" "$conf" && : >"$dir/log" && start_server || return 1
	health 503 unavailable && wait_for 10 grep -q 'was started and is not there' "$dir/log" &&
		grep -q "can't make the spool directory $conf/spool: Not a directory" "$dir/log" && times 1 ': starting '
}
a_spooler_that_can_not_be_run_is_told_why() {
	printf '#!/nowhere\n' >"$dir/unrunnable"
	chmod 755 "$dir/unrunnable"
	stop_all && serve <<<'' && wait_for 10 health 200 ready && stop_all && sed -i "s|^spooler .*|spooler = \"$dir/unrunnable\"|" "$conf" && : >"$dir/log" && : >"$dir/lighttpd.err" &&
		start_server && health 503 unavailable && wait_for 10 grep -q "can't start $dir/unrunnable: No such file" "$dir/lighttpd.err"
}
a_responder_whose_starter_was_killed_is_replaced() {
	local responder starter was
	responders=1
	stop_all && serve <<<'' && wait_for 10 health 200 ready && responder=$(responder_ids) && starter=$(starter_of "$responder") && was=$(cat "$dir/spool/lock") &&
		kill -9 "$starter" && wait_for 10 gone "$starter" && kill "$was" && wait_for 10 gone "$was" && wait_for 30 health 200 ready &&
		times 1 'so does this responder' && [ "$(responder_ids)" != "$responder" ]
}
a_socket_that_was_removed_is_made_anew() {
	local socket was
	stop_all && serve <<<'' && wait_for 10 health 200 ready || return 1
	for socket in submit control; do
		was=$(cat "$dir/spool/lock") && rm "$dir/run/$socket.sock" && wait_for 10 gone "$was" && grep -q "the socket $dir/run/$socket.sock was removed" "$dir/log" &&
			wait_for 20 health 200 ready && hs status >/dev/null || return 1
	done
}
a_spooler_whose_disk_is_full_is_told_and_comes_when_there_is_room() {
	local spooler
	stop_all && serve <<<'' && wait_for 10 health 200 ready && stop_all && rm -rf "$dir/spool" && mkdir "$dir/spool" && : >"$dir/log"
	unshare --mount sh -c 'mount -t tmpfs -o size=64k tmpfs "$1/spool" && exec lighttpd -D -f "$1/lighttpd.conf"' sh "$dir" >>"$dir/lighttpd.out" 2>&1 &
	server=$!
	wait_for 10 listening && health 503 unavailable && wait_for 20 grep -q 'No space left on device' "$dir/log" &&
		wait_for 10 grep -q 'was started and is not there' "$dir/log" && times 1 ': starting ' || return 1
	nsenter -t "$server" -m mount -o remount,size=256m "$dir/spool" && echo >>"$conf" && wait_for 10 health 200 ready &&
		event "$dir/in" completed room COMPLETED && post 200 "$dir/in" || return 1
	spooler=$(nsenter -t "$server" -m cat "$dir/spool/lock")
	stop_all
	kill "$spooler" && wait_for 15 gone "$spooler"
}

run_cases many_responders_start_one_spooler and_one_again_when_it_is_killed a_starter_ends_with_its_responder_however_that_ends \
	a_responder_gives_up_what_it_can_before_it_serves but_the_spooler_and_its_hooks_do_not_inherit_that \
	without_the_option_nothing_is_given_up a_configuration_that_the_spooler_refuses_is_told_and_not_tried_in_a_storm \
	and_is_tried_at_once_when_it_has_changed a_spooler_without_its_directory_is_told \
	a_spooler_that_can_not_be_run_is_told_why a_responder_whose_starter_was_killed_is_replaced a_socket_that_was_removed_is_made_anew \
	a_spooler_whose_disk_is_full_is_told_and_comes_when_there_is_room
done_testing
