# shellcheck shell=bash
# The ways hookspool is put behind a web server, as contrib/ has them: start_way NAME, stop_way, graceful, hard.
# Sourced after lib.sh.  The templates are used as they are, with the paths of an installation under $dir.
# shellcheck disable=SC2034,SC2154 # dir, port, server are from lib.sh; ways and base for the suite

ways="lighttpd lighttpd-stream fcgid proxy proxy-reuse nginx nginx-keep socket cgid lighttpd-cgi busybox"
way=
responder= # what was started beside the server: multiwatch, or the keeper of the socket
responders=() # or: the processes themselves
tls_port=
base=/webhooks
conf=$dir/etc/hookspool/hookspool.conf
program=$dir/usr/libexec/hookspool/hookspool.fcgi

apache_modules=/usr/lib/apache2/modules
# way_misses WAY: what of it is not on this machine, or nothing.
way_misses() {
	case $1 in
	lighttpd | lighttpd-stream | lighttpd-cgi) missing lighttpd /usr/lib/lighttpd/mod_openssl.so ;;
	fcgid) missing apache2 $apache_modules/mod_fcgid.so ;;
	cgid) missing apache2 ;;
	proxy) missing apache2 spawn-fcgi ;;
	proxy-reuse) missing apache2 spawn-fcgi multiwatch ;;
	nginx | nginx-keep) missing nginx spawn-fcgi multiwatch ;;
	socket) missing nginx ;;
	busybox) missing busybox ;;
	esac | xargs
}

# install_programs [RESPONDER]: a copy of what "make install" puts there.
install_programs() {
	mkdir -p "$dir/usr/libexec/hookspool" "$dir/usr/lib/cgi-bin" "$dir/etc/hookspool" "$dir/run/hookspool" "$dir/run/lighttpd" \
		"$dir/run/apache" "$dir/tmp" "$dir/www/cgi-bin" "$dir/only"
	rm -f "$program" # it may still be running
	cp "${1:-$HOOKSPOOL_BUILD/hookspool.fcgi}" "$program"
	fill cgi/hookspool.cgi "$dir/usr/lib/cgi-bin/hookspool.cgi"
	chmod 755 "$dir/usr/lib/cgi-bin/hookspool.cgi"
	[ -f "$dir/etc/hookspool/tls.key" ] ||
		openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
			-keyout "$dir/etc/hookspool/tls.key" -out "$dir/etc/hookspool/tls.crt" 2>/dev/null
}

# fill TEMPLATE OUT
fill() {
	sed -e "s|/usr/libexec/|$dir/usr/libexec/|g; s|/usr/lib/cgi-bin/|$dir/usr/lib/cgi-bin/|g; s|/run/|$dir/run/|g" \
		-e "s|/etc/hookspool/|$dir/etc/hookspool/|g; s|\":443\"|\"127.0.0.1:$tls_port\"|; s|\*:443>|127.0.0.1:$tls_port>|" \
		-e "s|listen 443 ssl|listen 127.0.0.1:$tls_port ssl|; s|/etc/nginx/snippets/hookspool.conf|$dir/snippet.conf|" \
		"$HOOKSPOOL_SOURCE/contrib/$1" >"$2"
}

ends_soon() { wait_for 10 gone "$1" || kill -9 "$1"; }

# Lines for a lighttpd; the template's modules are loaded by it.
run_lighttpd() {
	local template
	{
		cat <<-END
			server.document-root = "$dir/www"
			server.bind = "127.0.0.1"
			server.port = $port
			server.errorlog = "$dir/server.log"
			server.breakagelog = "$dir/server.err"
			server.upload-dirs = ( "$dir/tmp" )
			server.feature-flags = ( "server.graceful-shutdown-timeout" => 5 )
		END
		for template in "$@"; do
			fill "$template" "$dir/tmp/template" && cat "$dir/tmp/template"
		done
	} >"$dir/lighttpd.conf"
	[ "$way" != lighttpd-stream ] || sed -i 's/^#server.stream-request-body = 0/server.stream-request-body = 2/' "$dir/lighttpd.conf"
	lighttpd -D -f "$dir/lighttpd.conf" >>"$dir/server.out" 2>&1 &
	server=$!
}

# run_apache TEMPLATE MODULE…
run_apache() {
	local template=$1 module
	shift
	{
		cat <<-END
			ServerRoot "$dir"
			ServerName localhost
			DefaultRuntimeDir "$dir/run/apache"
			PidFile "$dir/run/apache/pid"
			ErrorLog "$dir/server.log"
			Listen 127.0.0.1:$port
			Listen 127.0.0.1:$tls_port
			DocumentRoot "$dir/www"
		END
		for module in mpm_event authz_core alias ssl socache_shmcb reqtimeout "$@"; do
			echo "LoadModule ${module}_module $apache_modules/mod_$module.so"
		done
		cat <<-END
			<IfModule fcgid_module>
			    FcgidIPCDir "$dir/run/apache"
			    FcgidProcessTableFile "$dir/run/apache/fcgid"
			</IfModule>
			<IfModule cgid_module>
			    ScriptSock "$dir/run/apache/cgid"
			</IfModule>
		END
		for template in "$template" apache/hookspool-tls.conf; do
			fill "$template" "$dir/tmp/template" && cat "$dir/tmp/template"
		done
	} >"$dir/httpd.conf"
	[ "$way" != proxy-reuse ] || sed -i 's/enablereuse=off/enablereuse=on/' "$dir/httpd.conf"
	apache2 -f "$dir/httpd.conf" -DFOREGROUND >>"$dir/server.out" 2>&1 &
	server=$!
}

# run_nginx TEMPLATE [LINES of the http block]
run_nginx() {
	fill "$1" "$dir/snippet.conf"
	fill nginx/hookspool-tls.conf "$dir/tls.conf"
	cat >"$dir/nginx.conf" <<-END
		daemon off;
		worker_processes 2;
		pid $dir/run/nginx.pid;
		error_log $dir/server.log;
		events { worker_connections 512; }
		http {
		    access_log off;
		    client_body_temp_path $dir/tmp/body;
		    fastcgi_temp_path $dir/tmp/fastcgi;
		    proxy_temp_path $dir/tmp/proxy;
		    scgi_temp_path $dir/tmp/scgi;
		    uwsgi_temp_path $dir/tmp/uwsgi;
		    ${2:-}
		    server {
		        listen 127.0.0.1:$port;
		        include $dir/snippet.conf;
		    }
		    include $dir/tls.conf;
		}
	END
	nginx -e "$dir/server.log" -c "$dir/nginx.conf" >>"$dir/server.out" 2>&1 &
	server=$!
}

run_busybox() {
	cp "$dir/usr/lib/cgi-bin/hookspool.cgi" "$dir/www/cgi-bin/hookspool.cgi"
	busybox httpd -f -p "127.0.0.1:$port" -h "$dir/www" >>"$dir/server.out" 2>&1 &
	server=$!
}

# Responders beside the server.
spawn() { # spawn multiwatch | plain
	fill spawn-fcgi/hookspool-spawn "$dir/spawn"
	rm -f "$dir/run/hookspool-fcgi.sock"
	if [ "$1" = multiwatch ]; then
		sh "$dir/spawn" -n >>"$dir/server.out" 2>&1 &
		responder=$!
	else
		# Where there is no multiwatch.
		ln -sf "$(command -v spawn-fcgi)" "$(command -v id)" "$(command -v mkdir)" "$dir/only/"
		PATH=$dir/only /bin/sh "$dir/spawn" >"$dir/spawned" 2>>"$dir/server.out"
		mapfile -t responders < <(sed -n 's/.*child spawned successfully: PID: //p' "$dir/spawned")
		[ "${#responders[@]}" = 2 ]
	fi
	wait_for 10 test -S "$dir/run/hookspool-fcgi.sock"
}
# As systemd does with StandardInput=socket: the socket is there first, and whoever connects has the responder started.
activate() {
	rm -f "$dir/run/hookspool-fcgi.sock"
	HOOKSPOOL_CONF=$conf perl "$HOOKSPOOL_SOURCE/tests/integration/activate.pl" "$dir/run/hookspool-fcgi.sock" "$program" \
		>>"$dir/server.out" 2>&1 &
	responder=$!
	wait_for 10 test -S "$dir/run/hookspool-fcgi.sock"
}

run_server() {
	case $way in
	lighttpd | lighttpd-stream) run_lighttpd lighttpd/50-hookspool.conf lighttpd/51-hookspool-tls.conf ;;
	lighttpd-cgi) run_lighttpd lighttpd/50-hookspool-cgi.conf lighttpd/51-hookspool-tls.conf ;;
	fcgid) run_apache apache/hookspool-fcgid.conf fcgid ;;
	cgid) run_apache apache/hookspool-cgi.conf cgid env ;;
	proxy | proxy-reuse) run_apache apache/hookspool-proxy.conf proxy proxy_fcgi ;;
	nginx | socket) run_nginx nginx/hookspool.conf ;;
	nginx-keep) run_nginx nginx/hookspool-keep.conf \
		"upstream hookspool { server unix:$dir/run/hookspool-fcgi.sock; keepalive 8; }" ;;
	busybox) run_busybox ;;
	esac
	wait_for 15 listening
}

start_way() {
	way=$1
	port=$(free_port)
	tls_port=$(free_port)
	while [ "$tls_port" = "$port" ]; do tls_port=$(free_port); done
	install_programs "${2:-}"
	case $way in
	proxy) spawn plain ;;
	proxy-reuse | nginx | nginx-keep) spawn multiwatch ;;
	socket) activate ;;
	esac && run_server
}

has_tls() { [ "$way" != busybox ]; }

stop_server() {
	[ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
	server=
}
stop_way() {
	local pid
	stop_server
	for pid in $responder "${responders[@]}"; do
		kill "$pid" 2>/dev/null
		ends_soon "$pid"
	done
	responder=
	responders=()
	# What a server that was killed left behind; one on its last webhook would start the spooler again behind our back.
	pgrep -f "^$program" | xargs -r kill
	wait_for 10 no_responders || pgrep -f "^$program" | xargs -r kill -9
	stop_all
}
no_responders() { ! pgrep -f "^$program"; }

# A restart that takes care: the server's own, and the responders' where it is not the server that starts them.
graceful() {
	case $way in
	lighttpd* | fcgid | cgid | proxy*) kill -USR1 "$server" ;;
	nginx* | socket) kill -HUP "$server" ;;
	busybox) stop_server && run_server ;; # it knows no other
	esac
	# One of two, or the one that the socket's keeper starts again.
	case $way in
	proxy) kill -TERM "${responders[0]}" ;;
	proxy-reuse | nginx* | socket) kill -TERM "$(ps -o pid= --ppid "$responder" | head -n 1)" ;;
	esac
}
# And one that does not.
hard() {
	local pid children
	mapfile -t children < <(ps -o pid= --ppid "$server" | tr -d ' ')
	kill -9 "$server"
	wait "$server" 2>/dev/null
	for pid in "${children[@]}"; do kill -9 "$pid" 2>/dev/null; done
	case $way in
	proxy)
		kill -9 "${responders[@]}" 2>/dev/null
		spawn plain ;;
	proxy-reuse | nginx* | socket) ps -o pid= --ppid "$responder" | xargs -r kill -9 ;;
	esac
	run_server
}
