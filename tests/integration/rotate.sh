#!/usr/bin/env bash
# logrotate, in the midst of webhooks: no line is lost, and no program stays with the old file.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"
needs logrotate

mkdir -m 755 "$dir/rotated"
hook nothing </dev/null
write_conf <<<"hook \"*\" { command = { \"$dir/hooks/nothing\" } }"
sed -i "s|^log .*|log = \"$dir/rotated/hookspool.log\"|" "$conf"
sed "s|^/var/log/hookspool/|$dir/rotated/|" "$HOOKSPOOL_SOURCE/contrib/logrotate/hookspool" >"$dir/logrotate.conf"
chmod 644 "$dir/logrotate.conf"
start_server

rotate() { logrotate --force --state "$dir/state" "$dir/logrotate.conf"; }
# webhooks WORD: of ten, each followed by one that nobody signed.
webhooks() {
	local i
	for i in $(seq 10); do
		event "$dir/in" completed "$1-$i" COMPLETED
		post 200 "$dir/in" && equal 401 "$(curl -s -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' \
			--data-binary @"$dir/in" "http://127.0.0.1:$port/webhooks/anycheck")" || return 1
	done
}
all() { zcat -f "$dir"/rotated/hookspool.log*; }
lines() { all | grep -c "$1"; }
# The log has a limit for these: some are told as a number.
refused() { [ "$(all | said_times ': signature missing' -)" = "$1" ]; }
done_lines() { [ "$(lines 'hookspoold.*: done (attempt')" = "$1" ]; }

each_line_is_in_one_of_the_files() {
	webhooks a && wait_for 10 done_lines 10 && rotate && webhooks b && rotate && wait_for 10 done_lines 20 && rotate &&
		webhooks c && wait_for 10 done_lines 30 && wait_for 10 refused 30 &&
		equal 30 "$(all | grep -o 'event [0-9]*: anycheck.*: done' | sort -u | wc -l)"
}
refused_lately() { [ "$(said_times ': signature missing' "$dir/rotated/hookspool.log")" = "$1" ]; }
both_programs_write_to_the_newest() {
	rotate && [ ! -s "$dir/rotated/hookspool.log" ] && webhooks d && wait_for 10 done_lines 40 &&
		wait_for 10 refused_lately 10 &&
		equal 10 "$(grep -c 'hookspoold.*: done' "$dir/rotated/hookspool.log")"
}
what_is_compressed_is_written_to_no_more() {
	ls "$dir/rotated" && gzip -t "$dir"/rotated/hookspool.log.[2-9].gz && equal 640 "$(stat -c %a "$dir/rotated/hookspool.log")"
}
# into PID: it has the newest one open, and no other.
into() { [ "$(readlink "/proc/$1"/fd/* | grep "^$dir/rotated/")" = "$dir/rotated/hookspool.log" ]; }
all_processes() {
	local pid
	for pid in $(cat "$dir/spool/lock") $(runner) $(pgrep -P "$server" hookspool.fcgi); do
		into "$pid" || return 1
	done
}
who_has_nothing_to_say_goes_over_too() {
	rotate && wait_for 10 all_processes && [ ! -s "$dir/rotated/hookspool.log" ]
}
a_reload_goes_over_at_once() {
	mv "$dir/rotated/hookspool.log" "$dir/rotated/aside" && hs reload && grep -q ' reload: ' "$dir/rotated/hookspool.log"
}

run_cases each_line_is_in_one_of_the_files both_programs_write_to_the_newest what_is_compressed_is_written_to_no_more \
	who_has_nothing_to_say_goes_over_too a_reload_goes_over_at_once
done_testing
