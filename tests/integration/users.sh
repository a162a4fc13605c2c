#!/usr/bin/env bash
# Started as root: the spooler is one user, hooks another, and the web server's user can submit but neither read nor steer.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

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
END
write_conf 'user = "daemon"  hook-user = "nobody"  submit-group = "www-data"  autostart = false' <<<"hook \"*\" { command = { \"$dir/hooks/who\" } }"
sed -i "s|^presets.*|presets = \"$dir/presets\"|; s|^log .*|log = \"stderr\"|" "$conf"
chmod 755 "$dir/hooks" && chmod 644 "$conf"
chgrp www-data "$secret" && chmod 640 "$secret"
"$dir/hookspoold" -c "$conf" 2>"$dir/log" &
wait_for 10 hs status
as_www() { setpriv --reuid=www-data --regid=www-data --clear-groups "$@"; }

the_web_servers_user_can_submit() {
	event "$dir/in" completed u COMPLETED
	hs sign anycheck <"$dir/in" >"$dir/in.header"
	as_www env REQUEST_METHOD=POST REQUEST_URI=/webhooks/anycheck CONTENT_TYPE=application/json \
		CONTENT_LENGTH="$(wc -c <"$dir/in")" HTTP_X_WEBHOOK_SIGNATURE="$(sed 's/.*: //' "$dir/in.header")" \
		"$dir/hookspool.fcgi" -c "$conf" <"$dir/in" | grep -q '"stored"'
}
the_hook_runs_as_its_own_user() { wait_for 10 has_state 1 "done" && hs show --json 1 | grep -q '"stdout":"nobody'; }
the_spooler_is_its_own_user() { equal daemon "$(ps -o user= -p "$(cat "$dir/spool/lock")")"; }
the_web_servers_user_can_not_read_the_spool() { ! as_www cat "$dir/spool/body.db" && ! as_www ls "$dir/spool"; }
nor_use_the_control_socket() { ! as_www "$dir/hookspool" -c "$conf" list && grep -q 'Permission denied' "$dir/output"; }
nor_signal_the_spooler() { ! as_www kill -TERM "$(cat "$dir/spool/lock")"; }

for name in $(sed -n 's/^\([a-z_0-9]*\)() {.*/\1/p' "$0" | grep -vx as_www); do run_case "$name"; done
done_testing
