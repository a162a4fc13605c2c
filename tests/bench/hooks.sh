#!/bin/bash
#
# make bench: what it costs to run hooks.  Usage: tests/bench/hooks.sh BUILDDIR
#
# Hooks a second are taken from a backlog: the hook is suspended, webhooks are posted, it is resumed, and the last one's end counts; nothing
# arrives meanwhile.  Each figure stands beside that of a bare fork and execve loop of the same program, in the same run, and of Debian's
# webhook, which has no backlog: it runs a hook when a webhook comes.  README says how to read it.  Nothing asserts a time: exit status 1
# only when something did not run.
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

alongside=4

idle()
{
	[ "$(state hooks queued)" = 0 ] && [ "$(state hooks running)" = 0 ]
}

# hook_source NAME MODE ARGUMENTS
hook_source()
{
	source_section "$1" "/hooks/$1" \
	    "hook \"*\" { command = { \"$build/tests/bench/hook\"$3 } mode = \"$2\" max-running = $alongside }"
	path_of[$1]=/hooks/$1 expected_of[$1]='"stored"'
}

start()
{
	local name

	: >"$dir/process.times"
	: >"$dir/worker.times"
	{
		hook_source process process ''
		hook_source worker worker ', "-w"'
		hook_source process-first process ", \"$dir/process.times\""
		hook_source worker-first worker ", \"-w\", \"$dir/worker.times\""
	} >"$dir/sources"
	instance hooks 'max-running = 16' "$(cat "$dir/sources")"
	start_spooler hooks
	start_lighttpd hooks
	for name in process worker process-first worker-first; do
		port_of[$name]=$port
	done
}

# Debian's, with the same program, which notes its first moment.
start_webhook()
{
	local on pid

	command -v webhook >/dev/null || { webhook_missing="it is missing (Debian: apt-get install webhook)"; return; }
	on=$(free_port)
	cat >"$dir/webhook.json" <<-END
	[{"id": "bench", "execute-command": "$build/tests/bench/hook", "http-methods": ["POST"], "response-message": "accepted",
	  "pass-arguments-to-command": [{"source": "string", "name": "$dir/webhook.times"}],
	  "trigger-rule": {"match": {"type": "payload-hmac-sha256", "secret": "$secret",
	    "parameter": {"source": "header", "name": "X-Webhook-Signature"}}}}]
	END
	webhook -hooks "$dir/webhook.json" -ip 127.0.0.1 -port "$on" >"$dir/webhook.log" 2>&1 &
	pid=$!
	ours "$pid"
	wait_for_port "$pid" "$on" || { webhook_missing="it does not start: $(tail -n 1 "$dir/webhook.log")"; return; }
	target webhook /hooks/bench "$on" accepted "webhook:$pid"
}

# drain SOURCE COUNT: its hooks a second.
drain()
{
	local from last

	ask hooks suspend "$1/*" >/dev/null || die "can't suspend $1/*"
	post "$1" -n "$2" -c 16 >/dev/null || die "no webhook is answered"
	from=$(date +%s%3N)
	ask hooks resume "$1/*" >/dev/null || die "can't resume $1/*"
	wait_for 120 idle || die "the backlog of $1 does not end"
	last=$(date -d "$(newest_ended)" +%s%3N)
	awk -v n="$2" -v ms="$((last - from))" 'BEGIN { printf "%.0f\n", n * 1000 / (ms > 0 ? ms : 1) }'
}

# When the newest event was done.
newest_ended()
{
	ask hooks show --json "$(state hooks events)" | grep -o '"ended_at":"[^"]*"' | tail -n 1 | cut -d '"' -f 4
}

all_ran()
{
	[ "$(wc -l <"$dir/webhook.times")" -ge "$1" ]
}

# run_webhook COUNT: hooks a second from the first webhook to the last hook's first moment.
run_webhook()
{
	local from

	: >"$dir/webhook.times"
	from=$(date +%s%N)
	post webhook -n "$1" -c 16 >/dev/null || die "webhook answers no webhook"
	wait_for 120 all_ran "$1" || die "webhook ran $(wc -l <"$dir/webhook.times") of $1"
	awk -v n="$1" -v from="$from" '$1 > last { last = $1 } END { printf "%.0f\n", n * 1e9 / (last - from) }' "$dir/webhook.times"
}

# Lines NAME PAIR RATE and the ratio to the bare loop.
pair_of()
{
	local bare process worker other

	bare=$("$build/tests/bench/forkexec" "$((events * 2))" $alongside "$build/tests/bench/hook") || die "forkexec does not run"
	process=$(drain process "$events") || exit 1
	worker=$(drain worker "$((events * 4))") || exit 1
	awk -v p="$1" -v b="$bare" -v h="$process" -v w="$worker" 'BEGIN {
		print "bare", p, b, 1; print "process", p, h, h / b; print "worker", p, w, w / b }' >>"$dir/rates"
	[ -z "$webhook_missing" ] || return 0
	other=$(run_webhook "$events") || exit 1
	awk -v p="$1" -v b="$bare" -v o="$other" 'BEGIN { print "webhook", p, o, o / b }' >>"$dir/rates"
}

table()
{
	local who

	printf '\n%-34s %9s  %s\n' "hooks, $alongside at a time" "/s" "to the bare loop: median (lowest, highest)"
	for who in bare process worker webhook; do
		grep "^$who " "$dir/rates" | sort -k 4 -n | awk -v who="$who" '
			BEGIN { name["bare"] = "bare fork and execve"; name["process"] = "a process for each event"
				name["worker"] = "mode = worker"; name["webhook"] = "webhook, which nothing holds back" }
			{ rate[NR] = $3; ratio[NR] = $4 }
			END { m = int((NR + 1) / 2)
				if (m) printf "%-34s %9.0f  %.2f (%.2f, %.2f)\n", name[who], rate[m], ratio[m], ratio[1], ratio[NR] }'
	done
	[ -z "$webhook_missing" ] || echo "Left out: webhook: $webhook_missing"
	printf '\n%-34s %9s %9s %9s\n' "from 200 to the hook, milliseconds" "p50" "p90" "max"
	for who in process worker; do
		perl "$source_dir/tests/bench/first.pl" "$port" "/hooks/$who-first" "$dir/secret" "$dir/$who.times" "$firsts" >"$dir/first" ||
			die "the first moments of $who are not known"
		awk -v who="$who" '{ printf "%-34s %9.2f %9.2f %9.2f\n",
			who == "process" ? "a process for each event" : "mode = worker", $1 / 1000, $2 / 1000, $3 / 1000 }' "$dir/first"
	done
}

main()
{
	local pair

	bench_begin hooks "${1:-}" hookspool.fcgi hookspoold hookspool tests/bench/{load,nothing,hook,forkexec}
	needs lighttpd lighttpd hooks
	needs perl perl hooks
	facts
	webhook_missing=''
	events=$(awk -v s="$seconds" 'BEGIN { printf "%d", 100 + 500 * s }')
	firsts=$(awk -v s="$seconds" 'BEGIN { printf "%d", 10 + 100 * s }')
	start
	start_webhook
	for ((pair = 1; pair <= pairs; pair++)); do
		pair_of $pair
	done
	table
}

main "$@"
