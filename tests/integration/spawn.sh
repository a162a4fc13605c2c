#!/usr/bin/env bash
# spawn-fcgi as root, with real users: the responders' own, the web server's, and another's who may nothing.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"
needs nginx spawn-fcgi multiwatch setpriv

if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 0
fi
socket=$dir/run/hookspool-fcgi.sock
watcher=
trap 'end_responders; finish; rm -rf "$stage"' EXIT

# The programs where every user may run them, and the script as it is but for its paths and users.
stage=$(mktemp -d /tmp/hookspool-stage.XXXXXX)
cp "$HOOKSPOOL_BUILD"/hookspool "$HOOKSPOOL_BUILD"/hookspoold "$HOOKSPOOL_BUILD"/hookspool.fcgi "$stage"
cp -r "$HOOKSPOOL_SOURCE/src/presets" "$stage"
sed -e "s|^SOCKET=.*|SOCKET=$socket|; s|^PROGRAM=.*|PROGRAM=$stage/hookspool.fcgi|; s|^HOOKSPOOL_CONF=.*|HOOKSPOOL_CONF=$conf|" \
	-e 's|^USER=[a-z-]*|USER=daemon|; s|^GROUP=[a-z-]*|GROUP=daemon|' "$HOOKSPOOL_SOURCE/contrib/spawn-fcgi/hookspool-spawn" >"$stage/spawn"
chmod -R a+rX "$stage"
hook nothing </dev/null
write_conf 'user = "bin"  hook-user = "nobody"  submit-group = "daemon"  autostart = false' <<<"hook \"*\" { command = { \"$dir/hooks/nothing\" } }"
sed -i "s|^presets.*|presets = \"$stage/presets\"|; s|^log .*|log = \"stderr\"|" "$conf"
chmod 755 "$dir" "$dir/hooks" "$dir/run"
chmod 644 "$conf"
chgrp daemon "$secret" && chmod 640 "$secret"
"$stage/hookspoold" -c "$conf" 2>"$dir/log" &
wait_for 10 hs status

responders() { pgrep -u daemon -f "^$stage/hookspool.fcgi"; }
two_responders() { [ "$(responders | grep -c .)" -ge 2 ]; }
none() { [ -z "$(responders)" ]; }
end_responders() {
	[ -z "$watcher" ] || { kill "$watcher" 2>/dev/null; wait "$watcher" 2>/dev/null; }
	watcher=
	responders | xargs -r kill
	wait_for 10 none
}
start_nginx() {
	port=$(free_port)
	sed "s|/run/hookspool-fcgi.sock|$socket|" "$HOOKSPOOL_SOURCE/contrib/nginx/hookspool.conf" >"$dir/snippet.conf"
	mkdir -p "$dir/tmp" && chown www-data "$dir/tmp"
	cat >"$dir/nginx.conf" <<-END
		daemon off;
		user www-data;
		pid $dir/run/nginx.pid;
		error_log $dir/nginx.log;
		events { worker_connections 64; }
		http {
		    access_log off;
		    client_body_temp_path $dir/tmp/body;
		    fastcgi_temp_path $dir/tmp/fastcgi;
		    proxy_temp_path $dir/tmp/proxy;
		    scgi_temp_path $dir/tmp/scgi;
		    uwsgi_temp_path $dir/tmp/uwsgi;
		    server { listen 127.0.0.1:$port; include $dir/snippet.conf; }
		}
	END
	nginx -e "$dir/nginx.log" -c "$dir/nginx.conf" >>"$dir/nginx.out" 2>&1 &
	server=$!
	wait_for 10 listening
}
# can USER: whether it can connect to the socket.
can() {
	setpriv --reuid="$1" --regid="$(id -g "$1")" --clear-groups \
		perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0) && connect(S, sockaddr_un($ARGV[0])) or die "$!\n"' "$socket"
}
stored() { event "$dir/in" completed "v$RANDOM$RANDOM" COMPLETED && post 200 "$dir/in" && grep -q '"stored"' "$dir/answer"; }

the_web_server_reaches_responders_of_another_user() {
	sh "$stage/spawn" -n >>"$dir/spawn.out" 2>&1 &
	watcher=$!
	wait_for 10 test -S "$socket" && wait_for 10 two_responders && start_nginx && stored
}
the_socket_is_the_web_servers_groups() { equal '660 daemon www-data' "$(stat -c '%a %U %G' "$socket")"; }
others_can_not_connect() {
	can www-data && ! can nobody 2>"$dir/why" && equal 'Permission denied' "$(cat "$dir/why")"
}
a_responder_can_not_change_its_socket_or_signal_the_spooler() {
	local one
	one=$(responders | head -n 1)
	equal "$(id -u daemon) $(id -g daemon)" "$(ps -o uid=,gid= -p "$one" | xargs)" &&
		! setpriv --reuid=daemon --regid=daemon --clear-groups kill -TERM "$(cat "$dir/spool/lock")"
}
multiwatch_replaces_one_that_is_killed() {
	local one
	one=$(pgrep -P "$watcher" | head -n 1)
	kill -9 "$one" && wait_for 10 gone "$one" && stored && wait_for 10 two_responders && stored
}
all_end_with_multiwatch_and_it_can_begin_again_at_the_same_socket() {
	end_responders
	sh "$stage/spawn" -n >>"$dir/spawn.out" 2>&1 &
	watcher=$!
	wait_for 10 two_responders && wait_for 10 stored
}
without_multiwatch_two_are_started_and_stay() {
	end_responders
	mkdir -p "$dir/only"
	ln -sf "$(command -v spawn-fcgi)" "$(command -v id)" "$dir/only/"
	PATH=$dir/only /bin/sh "$stage/spawn" >>"$dir/spawn.out" 2>&1
	wait_for 10 two_responders && wait_for 10 stored && equal '660 daemon www-data' "$(stat -c '%a %U %G' "$socket")"
}

run_cases the_web_server_reaches_responders_of_another_user the_socket_is_the_web_servers_groups others_can_not_connect \
	a_responder_can_not_change_its_socket_or_signal_the_spooler multiwatch_replaces_one_that_is_killed \
	all_end_with_multiwatch_and_it_can_begin_again_at_the_same_socket without_multiwatch_two_are_started_and_stay
done_testing
