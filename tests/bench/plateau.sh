#!/bin/bash
#
# make bench: does retention keep up?  Usage: tests/bench/plateau.sh BUILDDIR
#
# Two spools behind one lighttpd: "kept" keeps everything, "retained" keeps events and their ids for 10 s (short form: 5 s).  The second gets
# webhooks at full rate for 5 minutes (short form: 30 s); what it holds and what it takes on disk is looked at in between, and has to come to
# rest.  The first is driven before and after, and says what the rate is without retention.  A third, "ids", has forgotten its events but not
# their ids, and says what an id takes.  Nothing asserts a time or a plateau, the last lines say what came out; exit status 1 only when a
# program did not run, or fewer events are in "kept" than were answered 200.
#
# A spooler forgets nothing in its first minute, so this part needs a minute before it can begin.  With BENCH_GO, a path, it makes all ready, then
# the file BENCH_GO.ready, and waits for BENCH_GO: bench.sh has other parts run meanwhile.
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

length=${BENCH_PLATEAU:-$(long_or_short 300 "$(times 15)")}
steps=$(long_or_short 30 6)
beside=$(long_or_short 3 1) # steps without retention, before and after
# shellcheck disable=SC2034 # of lib.sh: a rest would let retention catch up
settle_s=0
keep_ms=$(long_or_short 10000 "$(awk -v s="$seconds" 'BEGIN { printf "%d", (s > 0.4 ? s * 2500 : 1000) }')")

# step WHO NUMBER: one step of the load, and a line of what the spool holds then.
step()
{
	measure "$1" "$most" "$2" "$(awk -v l="$length" -v n="$steps" 'BEGIN { printf "%.6g\n", l / n }')"
	echo "$1 $2 $(value seconds) $(value rate) $(value p99_us) $(value max_us) $(state "$1" events) $(disk_of "$1")" >>"$dir/steps"
	tail -n 1 "$dir/steps" | awk '{ printf "%9s %8d %9.0f %7.2f %7.1f %10d %10.1f\n", $1, $2, $4, $5 / 1000, $6 / 1000, $7, $8 }'
}

# What the spool holds is told in seconds of what comes, so that a machine that gets faster or slower meanwhile does not decide.  Grows is
# what is higher by a quarter in the last third of the steps than in the third before: by more than half, if nothing were removed.
verdict()
{
	awk -v steps="$steps" -v keep="$keep_ms" '
	$1 == "kept" { without += $4; n++; next }
	{
		with += $4
		third = $2 > 2 * steps / 3 ? 3 : $2 > steps / 3 ? 2 : 1
		rate[third] += $4
		events[third] += $7
		disk[third] += $8 * 1e6
	}
	function said(of) {
		return of[3] / rate[3] > 1.25 * of[2] / rate[2] ? "grows" : "plateau"
	}
	END {
		printf "\nEvents: %s, what comes in %.1f s, and in %.1f s a third before; keep is %g s.\n", said(events), events[3] / rate[3],
			events[2] / rate[2], keep / 1000
		printf "Disk: %s, %.0f bytes for each event a second, and %.0f a third before.\n", said(disk), disk[3] / rate[3], disk[2] / rate[2]
		printf "Rate with retention: %.2f of that without.\n", with / steps / (without / n)
	}' "$dir/steps"
}

# What is remembered for a day while its event is forgotten after a second.
start_ids()
{
	ids=$(awk -v s="$seconds" 'BEGIN { printf "%d", 25000 * s }')
	instance ids 'keep = 1s dedup = 1d'
	start_spooler ids
	empty=$(tables_of ids)
	fill_up ids "$ids" >/dev/null || exit 1
}

ids_line()
{
	local left

	left=$(state ids events)
	stop TERM "${spooler[ids]}"
	if [ "$left" -gt 0 ]; then
		echo "Bytes of an id: not known, $left of $ids events are still there"
	else
		awk -v n="$ids" -v kb=$(($(tables_of ids) - empty)) 'BEGIN {
			printf "An id that is remembered when its event is gone takes %.0f bytes on disk (%d ids).\n", kb * 1024 / n, n }'
	fi
}

# Until it is our turn, or who calls us is gone.
wait_for_turn()
{
	: >"$BENCH_GO.ready"
	until [ -e "$BENCH_GO" ]; do
		kill -0 "$PPID" 2>/dev/null || exit 1
		sleep 0.2
	done
}

# The first minute is over when something has been forgotten; not in a run that only sees whether all of this runs.
wait_for_retention()
{
	local deadline=$((SECONDS + 90))

	awk -v s="$seconds" 'BEGIN { exit !(s >= 1) }' || return 0
	while [ $SECONDS -lt $deadline ] && [ "$(state ids events)" -ge "$ids" ]; do
		sleep 0.5
	done
}

main()
{
	local i ids empty

	bench_begin plateau "${1:-}" hookspool.fcgi hookspoold hookspool tests/bench/{load,nothing,fill}
	needs lighttpd lighttpd plateau
	instance kept
	instance retained "keep = ${keep_ms}ms dedup = ${keep_ms}ms"
	start_spooler kept
	start_spooler retained
	start_ids
	start_lighttpd kept retained
	[ -z "${BENCH_GO:-}" ] || wait_for_turn
	facts
	wait_for_retention
	printf '\nFull load at %d connections; "retained" keeps events and ids for %s s\n\n' "$most" \
	    "$(awk -v ms="$keep_ms" 'BEGIN { print ms / 1000 }')"
	printf '%9s %8s %9s %7s %7s %10s %10s\n' spool step /s p99 max events "disk, MB"
	for ((i = 1; i <= beside; i++)); do
		step kept $i
	done
	for ((i = 1; i <= steps; i++)); do
		step retained $i
	done
	for ((i = beside + 1; i <= 2 * beside; i++)); do
		step kept $i
	done
	verdict
	ids_line
	compare_with_spool kept
}

main "$@"
