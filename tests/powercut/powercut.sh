#!/usr/bin/env bash
# The power goes, at any moment of a recorded spooler's life: README.  SEED (or "random") chooses the cuts, CUTS says how many under load, and the other
# scenarios have a part of that.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

: "${SEED:=14}" "${CUTS:=24}" "${UNITS:=both}" "${JOBS:=2}"
[ "$SEED" != random ] || SEED=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
here=$HOOKSPOOL_BUILD/tests/powercut
speed=20   # the spooler's clock runs so much faster: what it does after a minute it does within seconds
keep=20000 # ms, of that clock
dedup=40000
load_n=1400
load_ms=4500
[ "$CUTS" -lt 200 ] || { load_n=5000; load_ms=16000; }
last=$((load_n + 1000)) # no webhook has a number beyond
# The recorder is loaded before the sanitizer; the cutter keeps what it has until it ends.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0:detect_leaks=0

# In memory, where there is some: an image takes 20 MB.
pieces=$(mktemp -d "$(df -k --output=avail /dev/shm 2>/dev/null | awk 'NR == 2 && $1 > 1000000 { print "/dev/shm" }')/powercut.XXXXXX" 2>/dev/null) ||
	pieces=$(mktemp -d /tmp/powercut.XXXXXX)
spooler=

finish() {
	[ -z "$spooler" ] || { kill "$spooler"; wait "$spooler"; } 2>/dev/null
	rm -rf "$dir"
	if [ "$failed" = 0 ]; then rm -rf "$pieces"; else echo "# seed $SEED; all is kept in $pieces"; fi
}

random() { echo $((($(printf '%s %s' "$SEED" "$1" | cksum | cut -d ' ' -f 1)) % $2)); }

# The configuration of PIECE, with MORE global options.
configure() {
	local piece=$1 more=$2 source of
	{
		cat <<-END
			spool = "$piece/disk/spool"
			socket = "$piece/submit.sock"
			control-socket = "$piece/control.sock"
			log = "$piece/log"
			keep = "${keep}ms"
			dedup = "${dedup}ms"
			max-rejected = 50
			min-free = "1M"
			cache = "2M"
			page-journal = ${journal:-on}
			$more
		END
		for source in a b; do
			[ "$source" = a ] && of='lane = "body:/lane"' || of='replay-guard = true'
			echo "source \"$source\" { path = \"/$source\" unsigned = true require-https = false event = \"body:/event\""
			echo "    id = { \"body:/id\" } $of"
			hook_section "$piece" ok ok
			hook_section "$piece" two ok
			hook_section "$piece" 'tw*' ok 'all = true'
			hook_section "$piece" retry retry 'retry { first = "10s" factor = 1 give-up = "1d" }'
			hook_section "$piece" dead dead
			echo "}"
		done
	} >"$piece/conf"
}
hook_section() {
	echo "    hook \"$2\" { command = { \"$here/hook\", \"$1/ran\", \"$3\" } timeout = \"1h\" suspend-after = 0 ${4:-} }"
}

spooler_listens() { [ -S "$1/control.sock" ] && [ -S "$1/submit.sock" ] && grep -q ready "$1/log"; }

# record PIECE WALL-MS FIRST N MS SIGNAL [MORE OPTIONS]: a life of the spooler on PIECE/base, if that is there, ended by a signal.
record() {
	local piece=$pieces/$1 wall=$2 first=$3 n=$4 ms=$5 signal=$6
	mkdir -p "$piece/disk"
	[ ! -d "$piece/base/spool" ] || cp -a --sparse=always "$piece/base/spool" "$piece/disk/"
	touch "$piece/ran"
	configure "$piece" "${7:-}"
	env LD_PRELOAD="$here/recorder.so" POWERCUT_DIR="$piece/disk/spool" POWERCUT_LOG="$piece/recording" POWERCUT_SPEED="$speed" \
		POWERCUT_FLUSH_US=200 ${wall:+POWERCUT_WALL_MS=$wall} ${room:+POWERCUT_ROOM=$room} \
		"$HOOKSPOOL_BUILD/hookspoold" -c "$piece/conf" 2>"$piece/stderr" &
	spooler=$!
	wait_for 60 spooler_listens "$piece" || { cat "$piece/log" "$piece/stderr"; return 1; }
	"$here/load" "$piece/submit.sock" "$piece/control.sock" "$SEED" "$first" "$n" "$ms" | sed "s/^/$1: /" || return 1
	kill "-$signal" "$spooler"
	wait "$spooler" 2>/dev/null
	spooler=
	mv "$piece/disk" "$piece.disk"
}

# cut N OPTIONS… PIECE…: says how it went; the last line goes into the sum.
cut_power() {
	local n=$1 status
	shift
	mkdir -p "$pieces/images"
	(cd "$pieces" && "$here/powercut" --seed "$SEED" --cuts "$n" --jobs "$JOBS" --load "$SEED:$last" --keep "$keep" --dedup "$dedup" \
		--work "$pieces/images" "$@") >"$dir/cuts"
	status=$?
	cat "$dir/cuts"
	return "$status"
}
tell() { sed "s/^/# /" "$dir/output"; }

# survives NAME N PIECE…
survives() {
	local n=$1 status
	shift
	[ "$n" -gt 3 ] || n=4
	cut_power "$n" --unit "$UNITS" "$@"
	status=$?
	tail -n 1 "$dir/cuts" >>"$dir/sum"
	return "$status"
}

steps() { "$here/powercut" --cuts 0 --work "$pieces" --load "$SEED:$last" "$pieces/$1" | cut -d ' ' -f 1; }

# The base of PIECE is what is left of the power cut of others at STEP; sets wall and first.
begin_with() {
	local piece=$1 step=$2 said
	shift 2
	mkdir -p "$pieces/$piece/base"
	said=$(cd "$pieces" && "$here/powercut" --seed "$SEED" --at "$step" --load "$SEED:$last" --work "$pieces" \
		--image "$pieces/$piece/base/spool" "$@") || return 1
	wall=$((${said% *} + 1000))
	first=$((${said#* } > 60 ? ${said#* } - 60 : 1))
}

the_spooler_lives_under_load() {
	mkdir -p "$pieces/load/base/spool"
	chmod 700 "$pieces/load/base/spool"
	echo 'set_lg_max 2097152' >"$pieces/load/base/spool/DB_CONFIG" # so that log files come and go
	record load '' 1 "$load_n" "$load_ms" TERM && grep -q stopped "$pieces/load/log" && wc -c <"$pieces/load/recording"
}
# Locks are written by others, and in ways of their own.
the_recording_has_all_that_came_to_the_disk() {
	begin_with whole "$(steps load)" --whole load && diff -r -x lock -x runner.lock "$pieces/whole/base/spool" "$pieces/load.disk/spool"
}
a_spooler_that_acknowledges_before_its_log_is_flushed_is_caught() { cut_power 60 --broken ack load; }
one_that_does_not_flush_its_directory_is_caught() { cut_power 60 --broken directory load; }
one_that_writes_a_page_before_its_log_is_caught() { cut_power 200 --broken page load; }
nothing_is_lost_under_load() { survives "$CUTS" load; }
nothing_is_lost_when_it_stops() { survives $((CUTS / 6)) --from $(($(steps load) - 400)) load; }
nothing_is_lost_at_the_first_start() {
	record first '' 1 40 200 KILL && survives $((CUTS / 3)) first
}
nothing_is_lost_in_a_recovery() {
	local n
	n=$(steps load)
	cut_step=$((n / 3 + $(random again $((n / 2)))))
	begin_with again "$cut_step" load && record again "$wall" "$first" 300 900 KILL &&
		survives $((CUTS / 6)) --until 600 "load:$cut_step" again && survives $((CUTS / 6)) "load:$cut_step" again
}
nothing_is_lost_in_the_recovery_of_a_recovery() {
	local n step
	n=$(steps again)
	step=$((40 + $(random third $((n < 600 ? n - 40 : 560)))))
	begin_with third "$step" "load:$cut_step" again && record third "$wall" "$first" 100 300 TERM &&
		survives $((CUTS / 6)) "load:$cut_step" "again:$step" third
}
nothing_is_lost_when_the_queue_or_the_disk_is_full() {
	mkdir -p "$pieces/full"
	cp -a "$pieces/load/base" "$pieces/full/"
	journal=off room=9000000 record full '' 1 600 1500 KILL 'max-queued = 60' && grep -q 'No space left' "$pieces/full/log" &&
		grep -q 'busy [1-9]' "$dir/output" && UNITS=4096 survives $((CUTS / 6)) full
}
for name in the_spooler_lives_under_load the_recording_has_all_that_came_to_the_disk a_spooler_that_acknowledges_before_its_log_is_flushed_is_caught \
	one_that_does_not_flush_its_directory_is_caught one_that_writes_a_page_before_its_log_is_caught nothing_is_lost_under_load \
	nothing_is_lost_when_it_stops nothing_is_lost_at_the_first_start nothing_is_lost_in_a_recovery \
	nothing_is_lost_in_the_recovery_of_a_recovery nothing_is_lost_when_the_queue_or_the_disk_is_full; do
	run_case "$name"
	tell
done

awk '{ cuts += $3; recovered += $5; without += $8; wrong += $12; acks += $15; lost += $17; doubled += $19; invented += $21 }
	END { printf "# powercut: %d cuts, %d images recovered, %d without a spool; acknowledged %d, wrong %d: lost %d, doubled %d, invented %d\n",
	cuts, recovered, without, acks, wrong, lost, doubled, invented }' "$dir/sum"
done_testing
