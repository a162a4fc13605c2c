#!/usr/bin/env bash
# Started as root: the spooler is one user, hooks another, and the web server's user can submit but neither read nor steer.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"
needs logrotate setpriv

if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 0
fi
# The programs where every user may run them.
cp "$HOOKSPOOL_BUILD"/hookspool "$HOOKSPOOL_BUILD"/hookspoold "$HOOKSPOOL_BUILD"/hookspool.fcgi "$dir"
cp -r "$HOOKSPOOL_SOURCE/src/presets" "$dir"
chmod -R a+rX "$dir"
hook who <<-END
	id -un
	echo "line \$HOOKSPOOL_NUMBER"
END
write_conf 'user = "daemon"  hook-user = "nobody"  submit-group = "www-data"  autostart = false' <<<"hook \"*\" { command = { \"$dir/hooks/who\" }  log-output = true }"
sed -i "s|^presets.*|presets = \"$dir/presets\"|; s|^log .*|log = \"$dir/logs/hookspool.log\"|" "$conf"
chmod 755 "$dir/hooks" && chmod 644 "$conf"
chgrp www-data "$secret" && chmod 640 "$secret"
mkdir "$dir/logs" && ln -s logs/hookspool.log "$dir/log"
log=$dir/logs/hookspool.log
"$dir/hookspoold" -c "$conf" &
wait_for 10 hs status
as_www() { setpriv --reuid=www-data --regid=www-data --clear-groups "$@"; }

# submit ID [SIGNATURE]
submit() {
	event "$dir/in" completed "$1" COMPLETED
	hs sign anycheck <"$dir/in" >"$dir/in.header"
	as_www env REQUEST_METHOD=POST REQUEST_URI=/webhooks/anycheck CONTENT_TYPE=application/json \
		CONTENT_LENGTH="$(wc -c <"$dir/in")" HTTP_X_WEBHOOK_SIGNATURE="${2:-$(sed 's/.*: //' "$dir/in.header")}" \
		"$dir/hookspool.fcgi" -c "$conf" <"$dir/in"
}
the_log_that_root_makes_is_for_both_users() { equal 'daemon www-data 660' "$(stat -c '%U %G %a' "$log")"; }
the_web_servers_user_can_submit() { submit u | grep -q '"stored"'; }
the_hook_runs_as_its_own_user() { wait_for 10 has_state 1 "done" && hs show --json 1 | grep -q '"stdout":"nobody'; }
the_spooler_is_its_own_user() { equal daemon "$(ps -o user= -p "$(cat "$dir/spool/lock")")"; }
the_web_servers_user_can_not_read_the_spool() { ! as_www cat "$dir/spool/event.00000001" && ! as_www ls "$dir/spool"; }
nor_use_the_control_socket() { ! as_www "$dir/hookspool" -c "$conf" list && grep -q 'Permission denied' "$dir/output"; }
nor_signal_the_spooler() { ! as_www kill -TERM "$(cat "$dir/spool/lock")"; }
nor_put_a_socket_of_its_own_in_place_of_the_spoolers() {
	! as_www rm -f "$dir/run/submit.sock" && ! as_www mv "$dir/run/submit.sock" "$dir/run/away" && ! as_www touch "$dir/run/mine" &&
		! as_www chmod 666 "$dir/run/submit.sock" && test -S "$dir/run/submit.sock" && submit u | grep -q '"duplicate"'
}
rotate() {
	sed "s|^/var/log/hookspool/|$dir/logs/|" "$HOOKSPOOL_SOURCE/contrib/logrotate/hookspool" >"$dir/logrotate.conf"
	logrotate --force --state "$dir/state" "$dir/logrotate.conf"
}
runner_is_in_the_new_one() { [ "$(readlink "/proc/$(runner)"/fd/* | grep "^$dir/logs")" = "$log" ]; }
each_user_goes_over_to_a_rotated_log_and_the_hooks_lines_too() {
	rotate && equal 'daemon www-data 660' "$(stat -c '%U %G %a' "$log")" && wait_for 10 runner_is_in_the_new_one &&
		submit v | grep -q '"stored"' && submit w 00 | grep -q 401 && wait_for 10 has_state 2 "done" &&
		grep -q 'hookspool.fcgi.*refused' "$log" && grep -q 'hookspoold.*event 2: .*: done' "$log" && grep -q ' line 2$' "$log" &&
		grep -q ' line 1$' "$log.1" && ! grep warning "$log.1"
}
told() { grep -q "warning: can't open $log anew: Permission denied" "$dir/logs/aside"; }
who_may_not_make_a_new_one_goes_on_in_the_old_one_and_says_so() {
	mv "$log" "$dir/logs/aside" && wait_for 10 told && submit x | grep -q '"stored"' && wait_for 10 has_state 3 "done" &&
		grep -q ' line 3$' "$dir/logs/aside" && install -o daemon -g www-data -m 660 /dev/null "$log" &&
		wait_for 10 runner_is_in_the_new_one && submit y | grep -q '"stored"' && wait_for 10 has_state 4 "done" &&
		grep -q ' line 4$' "$log" && equal 1 "$(grep -c 'hookspoold.*anew' "$dir/logs/aside")"
}

run_cases the_log_that_root_makes_is_for_both_users the_web_servers_user_can_submit the_hook_runs_as_its_own_user \
	the_spooler_is_its_own_user the_web_servers_user_can_not_read_the_spool nor_use_the_control_socket nor_signal_the_spooler \
	nor_put_a_socket_of_its_own_in_place_of_the_spoolers \
	each_user_goes_over_to_a_rotated_log_and_the_hooks_lines_too who_may_not_make_a_new_one_goes_on_in_the_old_one_and_says_so
done_testing
