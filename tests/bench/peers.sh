#!/bin/bash
#
# make bench-peers: the ways people take webhooks today, beside hookspool.  Usage: tests/bench/peers.sh BUILDDIR
#
# Each peer is a real server on a port of its own, with no web server before it; hookspool is behind lighttpd.  They are driven in
# alternating pairs, hookspool and one peer, and then tried: what is left after kill -9, whether a flush to disk lies between a webhook and its
# 200, whether a repeated webhook is recognised.  README says how to read the table.  A peer that is not installed is left out, with a line
# that says why.  Nothing asserts a time: exit status 1 only when hookspool does not run, or has not what it answered 200.
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/bench/peers/servers.sh
. "$(dirname "$0")/peers/servers.sh"

# shellcheck disable=SC2034 # of lib.sh: webhook has programs to run long after its last answer, which are not to run beside the next
settle_s=120
burst=300  # webhooks before a kill
flushed=10 # webhooks that are looked at for a flush
declare -A left flushes repeated

# posted WHO ID…: one after the other; lines SENT ANSWERED STATUS
posted()
{
	local who=$1

	shift
	perl "$source_dir/tests/bench/peers/post.pl" "${port_of[$who]}" "${path_of[$who]}" "$dir/secret" "$@"
}

# KILL for all of it as soon as the last 200 is here; then it is started anew.
try_kill()
{
	local who=$1 before after ok

	before=$(held "$who")
	ok=$(post "$who" -n $burst -c 16 | sed -n 's/.* ok=\([0-9]*\).*/\1/p')
	kill_all "$who"
	start_again "$who"
	after=$(held "$who")
	left[$who]="$((after > before ? after - before : 0)) of $ok" # with fewer, what it had before is gone, too
}

# How many of some webhooks had a flush that began after they were sent and ended before their answer.
try_flush()
{
	local who=$1 entry tracer ids=() arguments=()

	command -v strace >/dev/null || { flushes[$who]="no strace"; return; }
	for entry in ${processes_of[$who]}; do
		arguments+=(-p "${entry#*:}")
	done
	strace -f -qq -ttt -T -e trace=fsync,fdatasync,sync_file_range,msync "${arguments[@]}" -o "$dir/strace" 2>"$dir/strace.err" &
	tracer=$!
	ours "$tracer"
	sleep 0.5
	mapfile -t ids < <(seq -f "flush-$who-%g-$$" $flushed)
	posted "$who" "${ids[@]}" >"$dir/posted"
	stop TERM "$tracer"
	[ ! -s "$dir/strace.err" ] || { flushes[$who]="no strace"; return; }
	flushes[$who]=$(awk 'FILENAME == ARGV[1] {
			if (match($0, /= 0 <[0-9.]+>$/)) {
				took = substr($0, RSTART + 5, RLENGTH - 6)
				n++
				from[n] = $0 ~ /resumed/ ? $2 - took : $2
				to[n] = from[n] + took
			}
			next
		}
		{ for (i = 1; i <= n && (from[i] < $1 || to[i] > $2); i++) continue; found += i <= n; all++ }
		END { print found + 0 " of " all }' "$dir/strace" "$dir/posted")
}

# The same webhook twice, and once more after a kill and a new start.
try_repeat()
{
	local who=$1 before after answer

	before=$(held "$who")
	posted "$who" "repeat-$$" "repeat-$$" >"$dir/posted"
	after=$(held "$who")
	answer=$([ $((after - before)) -eq 1 ] && echo yes || echo no)
	kill_all "$who"
	start_again "$who"
	before=$(held "$who")
	posted "$who" "repeat-$$" >"$dir/posted"
	repeated[$who]="$answer, $([ "$(held "$who")" -eq "$before" ] && echo yes || echo no)"
}

speed_table()
{
	local connections

	for connections in $levels; do
		printf '\n%d connections\n\n%-42s %9s %9s %9s  %s\n' "$connections" "" /s "p50, ms" "p99, ms" "to hookspool: median (lowest, highest)"
		awk -v level="$connections" '
		function get(name,    i) {
			for (i = 4; i <= NF; i++)
				if (index($i, name "=") == 1)
					return substr($i, length(name) + 2) + 0
			return 0
		}
		function bring(key, value,    i, n) {
			n = ++count[key]
			for (i = n; i > 1 && sorted[key, i - 1] > value; i--)
				sorted[key, i] = sorted[key, i - 1]
			sorted[key, i] = value
		}
		function median(key) {
			return sorted[key, int((count[key] + 1) / 2)]
		}
		$2 != level || $3 ~ /warm/ { next }
		{
			if (!($1 in known)) {
				known[$1] = 1
				order[++n] = $1
			}
			bring($1 " rate", get("rate")); bring($1 " p50", get("p50_us") / 1000); bring($1 " p99", get("p99_us") / 1000)
			other[$1] += get("answers") - get("ok") + get("errors")
			if ($1 == "hookspool")
				rate[$3] = get("rate")
			else
				bring($1 " ratio", get("rate") / rate[$3])
		}
		END {
			for (i = 1; i <= n; i++) {
				who = order[i]
				printf "%s %.0f %.2f %.2f", who, median(who " rate"), median(who " p50"), median(who " p99")
				if (who != "hookspool")
					printf " %.2f (%.2f, %.2f)", median(who " ratio"), sorted[who " ratio", 1], sorted[who " ratio", count[who " ratio"]]
				if (other[who])
					printf ", and %d without a 200", other[who]
				print ""
			}
		}' "$dir/runs" | while read -r who rate p50 p99 ratio; do
			printf '%-42s %9s %9s %9s  %s\n' "$(name_of "$who")" "$rate" "$p50" "$p99" "$ratio"
		done
	done
}

claims_table()
{
	local who

	printf '\n%-42s %-14s %-16s %-14s %s\n' "" "after kill -9" "flushed before" "repeat is" "and after"
	printf '%-42s %-14s %-16s %-14s %s\n' "" "are left" "the 200" "recognised" "a restart"
	for who in hookspool "${peers[@]}"; do
		printf '%-42s %-14s %-16s %-14s %s\n' "$(name_of "$who")" "${left[$who]}" "${flushes[$who]}" "${repeated[$who]%, *}" \
		    "${repeated[$who]#*, }"
	done
}

main()
{
	local who pair connections

	bench_begin peers "${1:-}" hookspool.fcgi hookspoold hookspool tests/bench/{load,nothing,hook}
	needs lighttpd lighttpd peers
	needs perl perl peers
	facts
	start_hookspool
	start_peers
	for connections in $levels; do
		for who in "${peers[@]}"; do
			measure "$who" "$connections" warm "$(times 0.2)"
			for ((pair = 1; pair <= pairs; pair++)); do
				measure hookspool "$connections" "$who.$pair" "$seconds"
				measure "$who" "$connections" "$who.$pair" "$seconds"
			done
		done
	done
	speed_table
	for who in hookspool "${peers[@]}"; do
		try_kill "$who"
		try_flush "$who"
		try_repeat "$who"
	done
	claims_table
	echo
	for who in "${!missing[@]}"; do
		echo "Left out: $(name_of "$who"): ${missing[$who]}"
	done
	[ "${left[hookspool]%% *}" -ge "${left[hookspool]##* }" ] || die "webhooks that were answered 200 are not in the spool"
}

main "$@"
