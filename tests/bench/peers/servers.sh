# shellcheck shell=bash
# shellcheck source=tests/bench/lib.sh
[ -n "${dir+set}" ] || . "$(dirname "$0")/lib.sh"
#
# The servers of make bench-peers, hookspool among them: start_again WHO, kill_all WHO, and held WHO, how many webhooks it has; sourced by
# peers.sh, after lib.sh.  Each starts with what it left behind the last time, as an init system would start it again.

peers=()		# those that are here, in the order of the tables
declare -A missing	# or why they are not
declare -A redis_policy=([flask-always]="--appendonly yes --appendfsync always" [flask-everysec]="--appendonly yes --appendfsync everysec"
	[flask-shipped]="")
declare -A redis

name_of()
{
	case $1 in
	hookspool) echo "hookspool behind lighttpd" ;;
	express) echo "Express, ids in memory" ;;
	flask-always) echo "Flask, Celery, Redis: appendfsync always" ;;
	flask-everysec) echo "Flask, Celery, Redis: appendfsync everysec" ;;
	flask-shipped) echo "Flask, Celery, Redis: as it is shipped" ;;
	webhook) echo "webhook" ;;
	esac
}

start_hookspool()
{
	[ -e "$dir/hookspool.conf" ] || instance hookspool
	start_spooler hookspool
	start_lighttpd hookspool
}

# up WHO PID PORT PATH TEXT PROCESSES: registers it when it answers.
up()
{
	ours "$2"
	wait_for_port "$2" "$3" || { missing[$1]="it does not start: $(tail -n 1 "$dir/$1.log")"; return 1; }
	target "$1" "$4" "$3" "$5" "$6"
}

start_express()
{
	local on

	on=$(free_port)
	PORT=$on SECRET=$secret NODE_ENV=production NODE_PATH=${NODE_PATH:-/usr/share/nodejs} \
	    node "$source_dir/tests/bench/peers/express.js" >"$dir/express.log" 2>&1 &
	up express $! "$on" /webhook accepted "node:$!"
}

# It answers other things while it reads what it kept.
redis_is_ready()
{
	[ "$(redis-cli -s "$socket_dir/$1.redis" ping)" = PONG ]
}

start_redis()
{
	local words

	read -ra words <<<"${redis_policy[$1]}"
	mkdir -p "$dir/$1.redis"
	redis-server --port 0 --unixsocket "$socket_dir/$1.redis" --dir "$dir/$1.redis" "${words[@]}" >>"$dir/$1.log" 2>&1 &
	redis[$1]=$!
	ours "${redis[$1]}"
	wait_for 60 redis_is_ready "$1"
}

# As many workers as gunicorn's documentation says, and of its default kind: of those that were tried (threads, two to eight in two to five
# workers) none was faster at 64 connections.
workers=$((2 * $(nproc) + 1))

# complete PID: all its workers are there.
complete()
{
	[ "$(children_of "$1" | wc -l)" -eq $workers ]
}

start_flask()
{
	local on pid entry all

	start_redis "$1" || { missing[$1]="redis-server does not start: $(tail -n 1 "$dir/$1.log")"; return; }
	on=$(free_port)
	SECRET=$secret REDIS_SOCKET=$socket_dir/$1.redis PYTHONDONTWRITEBYTECODE=1 gunicorn -w $workers -b "127.0.0.1:$on" \
	    --chdir "$source_dir/tests/bench/peers" receiver:app >>"$dir/$1.log" 2>&1 &
	pid=$!
	ours "$pid"
	wait_for_port "$pid" "$on" && wait_for 20 complete "$pid" && wait_for 10 answers "$on" || {
		missing[$1]="gunicorn does not start: $(tail -n 1 "$dir/$1.log")"
		return
	}
	all="redis:${redis[$1]} gunicorn:$pid"
	for entry in $(children_of "$pid"); do
		all+=" gunicorn:$entry"
	done
	target "$1" /webhook "$on" accepted "$all"
}

# It listens before its workers are there.
answers()
{
	[ -n "$(get "$1" /)" ]
}

start_webhook()
{
	local on

	on=$(free_port)
	cat >"$dir/webhook.json" <<-END
	[{"id": "bench", "execute-command": "$build/tests/bench/hook", "http-methods": ["POST"], "response-message": "accepted",
	  "pass-arguments-to-command": [{"source": "string", "name": "$dir/webhook.times"}],
	  "trigger-rule": {"match": {"type": "payload-hmac-sha256", "secret": "$secret",
	    "parameter": {"source": "header", "name": "X-Webhook-Signature"}}}}]
	END
	[ -e "$dir/webhook.times" ] || : >"$dir/webhook.times"
	webhook -hooks "$dir/webhook.json" -ip 127.0.0.1 -port "$on" >"$dir/webhook.log" 2>&1 &
	up webhook $! "$on" /hooks/bench accepted "webhook:$!"
}

start_again()
{
	case $1 in
	flask-*) start_flask "$1" ;;
	*) "start_$1" ;;
	esac
	[ -z "${missing[$1]:-}" ] || die "$(name_of "$1") does not start again: ${missing[$1]}"
}

# lacks WHO PROGRAM PACKAGE
lacks()
{
	command -v "$2" >/dev/null && return 1
	missing[$1]="$2 is missing (Debian: apt-get install $3)"
}

lacks_module()
{
	if [ "$1" = express ]; then
		NODE_PATH=${NODE_PATH:-/usr/share/nodejs} node -e 'require("express")' 2>/dev/null && return 1
		missing[$1]="the module express is missing (Debian: apt-get install node-express; or NODE_PATH)"
	else
		SECRET=x REDIS_SOCKET=/x PYTHONDONTWRITEBYTECODE=1 gunicorn --check-config --chdir "$source_dir/tests/bench/peers" receiver:app \
		    >/dev/null 2>&1 && return 1
		missing[$1]="a module is missing (Debian: apt-get install python3-flask python3-celery python3-redis)"
	fi
}

start_peers()
{
	local who

	lacks express node nodejs || lacks_module express || start_express
	for who in flask-always flask-everysec flask-shipped; do
		lacks $who gunicorn gunicorn || lacks $who redis-server redis-server || lacks_module $who || start_flask $who
	done
	lacks webhook webhook webhook || start_webhook
	for who in express flask-always flask-everysec flask-shipped webhook; do
		[ -n "${missing[$who]:-}" ] || peers+=("$who")
	done
}

# The body of a GET.
get()
{
	{
		printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&3
		cat <&3
	} 3<>"/dev/tcp/127.0.0.1/$1" | sed '1,/^\r*$/d'
}

held()
{
	case $1 in
	hookspool) state hookspool events ;;
	express) get "${port_of[express]}" /known ;;
	flask-*) redis-cli -s "$socket_dir/$1.redis" llen celery ;;
	webhook)
		sleep 1 # it starts its program after the answer
		wc -l <"$dir/webhook.times" ;;
	esac
}

# All at once, as when the machine's last memory is gone; what a program left of hookspool's is not ended with it.
kill_all()
{
	local entry pids=()

	for entry in ${processes_of[$1]}; do
		pids+=("${entry#*:}")
	done
	# It would keep its socket from the next lighttpd; after this one, which would start it again.
	[ "$1" != hookspool ] || pids+=("$nothing")
	stop KILL "${pids[@]}"
}
