# shellcheck shell=bash
#
# What the parts of the bench share; sourced, never run.  A part calls bench_begin, makes instances of hookspool (instance), starts them and
# one lighttpd with all of them behind it, and drives them with measure().  Whatever was started is ended by its process id when the part
# ends, however it ends.
#
# Environment: BENCH=long for the long form; BENCH_SECONDS (2), which everything else is a multiple of unless it is set by itself;
# BENCH_PAIRS (3; long 5); BENCH_CONNECTIONS ("1 8 64"); BENCH_DIR (BUILDDIR), a directory on the disk that the spools shall use;
# BENCH_KEEP=1 keeps the working directory, with logs and figures; BENCH_OPTIONS, lines for the head of each configuration.

set -u
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

form=${BENCH:-short}
seconds=${BENCH_SECONDS:-2}
pairs=${BENCH_PAIRS:-$([ "$form" = long ] && echo 5 || echo 3)}
levels=${BENCH_CONNECTIONS:-1 8 64}
# shellcheck disable=SC2034 # of the parts
most=${levels##* } # where there is one number of connections only
secret=bench-secret-of-no-value

part='' dir='' socket_dir='' build='' source_dir='' port='' lighttpd='' nothing=''
settle_s=5 # how long measure() waits at most for the programs to come to rest; 0: it does not wait
started=() # process ids, the youngest first: the order in which they are to end
declare -A spooler runner responder
# Of whom measure() can drive: path, port, text of an answer that is right, and NAME:PID of the processes whose CPU is counted.
declare -A path_of port_of expected_of processes_of

# shellcheck source=tests/bench/processes.sh
. "$(dirname "${BASH_SOURCE[0]}")/processes.sh"

die()
{
	echo "bench, $part: $*" >&2
	exit 1
}

# Times NUMBER: the bench's lengths, which BENCH_SECONDS scales.
times()
{
	awk -v s="$seconds" -v n="$1" 'BEGIN { printf "%.6g\n", s * n }'
}

# long_or_short LONG SHORT
long_or_short()
{
	[ "$form" = long ] && echo "$1" || echo "$2"
}

# ours PID: it ends with the part.  Disowned, or bash would say when it is killed.
ours()
{
	started=("$1" "${started[@]}")
	disown "$1"
}

finish()
{
	local status=$?

	trap - EXIT INT TERM HUP
	[ ${#started[@]} -eq 0 ] || stop TERM "${started[@]}"
	if [ -n "$dir" ] && [ "${BENCH_KEEP:-0}" = 1 ]; then
		echo "bench, $part: kept $dir" >&2
	elif [ -n "$dir" ]; then
		rm -rf "$dir"
	fi
	[ -z "$socket_dir" ] || rm -rf "$socket_dir"
	exit $status
}

# bench_begin PART BUILDDIR PROGRAM…: those of BUILDDIR that the part needs.
bench_begin()
{
	local program

	part=$1
	if [ $# -lt 2 ] || [ ! -d "$2" ]; then
		echo "usage: $part.sh BUILDDIR" >&2
		exit 2
	fi
	build=$(cd "$2" && pwd)
	source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
	shift 2
	for program in "$@"; do
		[ -x "$build/$program" ] || die "$build/$program is not built: make bench builds it"
	done
	trap finish EXIT
	trap 'exit 130' INT TERM HUP
	dir=$(mktemp -d "${BENCH_DIR:-$build}/bench.XXXXXX") || exit 1
	socket_dir=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX") || exit 1 # apart: the path of a socket has to be short
	mkdir "$dir/www"
	printf '%s' "$secret" >"$dir/secret"
	chmod 600 "$dir/secret"
}

# needs PROGRAM PACKAGE WHAT: leaves the part, with a line that says why, when the program is not here.
needs()
{
	command -v "$1" >/dev/null && return
	echo "Left out: $3: $1 is missing (Debian: apt-get install $2)"
	exit 0
}

# source_section NAME PATH MORE
source_section()
{
	cat <<-END
	source "$1" {
	    preset = "$source_dir/src/presets/anycheck.conf"
	    path = "$2"
	    require-https = false
	    secret-file = { "$dir/secret" }
	    $3
	}
	END
}

# instance NAME [TOP-LEVEL-OPTIONS [SECTIONS]]: a hookspool of its own, which answers below /NAME; without SECTIONS one source, NAME, without
# hooks.
instance()
{
	{
		cat <<-END
		spool = "$dir/$1.spool"
		socket = "$socket_dir/$1.submit"
		control-socket = "$socket_dir/$1.control"
		log = "$dir/$1.log"
		autostart = false
		${BENCH_OPTIONS:-}
		${2:-}
		END
		if [ $# -ge 3 ]; then
			echo "$3"
		else
			source_section "$1" "/$1" ''
		fi
	} >"$dir/$1.conf"
}

# ask NAME WORDS…: the operator's command.
ask()
{
	local name=$1

	shift
	"$build/hookspool" -c "$dir/$name.conf" "$@"
}

# state NAME KEY: a number of its status, the whole's.
state()
{
	ask "$1" status --json | grep -o "\"$2\": *[0-9]*" | sed 's/.*: *//;q'
}

# May take long after a crash: a spooler that recovers is not one that does not start.
start_spooler()
{
	local deadline=$((SECONDS + 60))

	[ -d "$dir/$1.spool" ] || mkdir -m 700 "$dir/$1.spool"
	"$build/hookspoold" -c "$dir/$1.conf" 2>>"$dir/$1.log" &
	spooler[$1]=$!
	ours "${spooler[$1]}"
	until ask "$1" status >/dev/null 2>&1; do
		if ! alive "${spooler[$1]}" || [ $SECONDS -ge $deadline ]; then
			cat "$dir/$1.log" >&2
			die "hookspoold of $1 does not start"
		fi
		sleep 0.01
	done
	runner[$1]=$(child_of "$(child_of "${spooler[$1]}" hookspool-reap)" hookspool-run) || die "hookspoold of $1 has no runner"
}

lighttpd_configuration()
{
	local name

	cat <<-END
	server.modules = ("mod_fastcgi")
	server.document-root = "$dir/www"
	server.bind = "127.0.0.1"
	server.port = $port
	server.errorlog = "$dir/lighttpd.log"
	server.max-keep-alive-requests = 65535
	server.max-keep-alive-idle = 60
	server.max-fds = 4096
	fastcgi.server = ("/nothing" => (("bin-path" => "$build/tests/bench/nothing",
	    "socket" => "$socket_dir/nothing.sock", "max-procs" => 1, "check-local" => "disable")))
	END
	for name in "$@"; do
		cat <<-END
		fastcgi.server += ("/$name" => (("bin-path" => "$build/hookspool.fcgi",
		    "socket" => "$socket_dir/$name.sock", "bin-environment" => ("HOOKSPOOL_CONF" => "$dir/$name.conf"),
		    "max-procs" => 1, "check-local" => "disable")))
		END
	done
}

# start_lighttpd NAME…: with nothing and these instances behind it.  A port that was free a moment ago may be taken by now: try a few.
start_lighttpd()
{
	local try name

	for try in 1 2 3 4 5; do
		port=$(free_port)
		lighttpd_configuration "$@" >"$dir/lighttpd.conf"
		lighttpd -D -f "$dir/lighttpd.conf" >>"$dir/lighttpd.out" 2>&1 &
		lighttpd=$!
		ours "$lighttpd"
		wait_for_port "$lighttpd" "$port" && break
		stop TERM "$lighttpd"
		[ "$try" -lt 5 ] || { cat "$dir"/lighttpd.{out,log} >&2; die "lighttpd does not start"; }
	done
	nothing=$(child_of "$lighttpd" nothing) || die "lighttpd did not start nothing"
	target nothing /nothing "$port" nothing "lighttpd:$lighttpd responder:$nothing"
	for name in "$@"; do
		responder[$name]=$(child_of "$lighttpd" hookspool.fcgi "$dir/$name.conf") || die "no hookspool.fcgi of $name"
		target_instance "$name"
	done
}

# target NAME PATH PORT TEXT NAME:PID…
target()
{
	path_of[$1]=$2 port_of[$1]=$3 expected_of[$1]=$4 processes_of[$1]=$5
}

# To be called again when its spooler has been started anew.
target_instance()
{
	target "$1" "/$1" "$port" '"stored"' \
	    "lighttpd:$lighttpd responder:${responder[$1]} spooler:${spooler[$1]} runner:${runner[$1]}"
}

# post WHO OPTIONS…: load, driving WHO.
post()
{
	local who=$1

	shift
	"$build/tests/bench/load" -u "${path_of[$who]}" -p "${port_of[$who]}" -s "$dir/secret" -e "${expected_of[$who]}" "$@"
}

# measure WHO CONNECTIONS PAIR SECONDS [OPTIONS]: drive one program once.  Appends to $dir/runs: WHO CONNECTIONS PAIR and name=value pairs,
# CPU in ticks among them, read when the programs have come to rest; and to $dir/intervals, with -i, such a line for each interval.
measure()
{
	local who=$1 connections=$2 pair=$3 duration=$4 line after i
	local -a pids=() names=() before=()

	shift 4
	for i in ${processes_of[$who]}; do
		names+=("${i%:*}") pids+=("${i#*:}")
	done
	for i in "${!pids[@]}"; do
		before[i]=$(ticks_of "${pids[i]}")
	done
	if ! post "$who" -d "$duration" -c "$connections" "$@" >"$dir/load"; then
		tail -n 5 "$dir"/*.log >&2
		die "$who answers no webhook (-c $connections): $(cat "$dir/load")"
	fi
	settle "$settle_s" "${pids[@]}"
	sed -n "s/^interval=/$who $connections $pair &/p" "$dir/load" >>"$dir/intervals"
	line="$who $connections $pair $(tail -n 1 "$dir/load")"
	for i in "${!pids[@]}"; do
		alive "${pids[i]}" || die "${names[i]} of $who ended during the bench; see $dir"
		after=$(ticks_of "${pids[i]}")
		line+=" cpu_${names[i]}=$((after - before[i]))"
	done
	echo "$line" >>"$dir/runs"
}

# value NAME: of the last run.
value()
{
	tail -n 1 "$dir/runs" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# Megabytes of a spool on the disk.
disk_of()
{
	du -sk "$dir/$1.spool" | awk '{ printf "%.1f\n", $1 / 1024 }'
}

# tables_of NAME: kilobytes of the files that hold events, without the log that is written ahead: its size is bounded, whatever the spool holds.
tables_of()
{
	du -sk --exclude='log.*' "$dir/$1.spool" | cut -f 1
}

# fill_up NAME EVENTS [OPTIONS]: until it holds so many; prints fill's line.
fill_up()
{
	local name=$1 missing=$(($2 - $(state "$1" events)))

	shift 2
	[ "$missing" -gt 0 ] || return 0
	"$build/tests/bench/fill" -U "$socket_dir/$name.submit" -s "$name" -n $missing "$@" || die "fill of $name failed"
}

# memory_of PID NAME: VmRSS or VmHWM in megabytes.
memory_of()
{
	awk -v name="$2:" '$1 == name { printf "%.1f\n", $2 / 1024 }' "/proc/$1/status"
}

# compare_with_spool NAME: what was answered 200 has to be there: more may be (an answer can get lost), fewer may not.
compare_with_spool()
{
	local stored events

	stored=$(awk -v who="$1" '$1 == who { for (i = 4; i <= NF; i++) if ($i ~ /^ok=/) n += substr($i, 4) }
	    END { printf "%d\n", n }' "$dir/runs")
	events=$(state "$1" events)
	echo "Answered 200 by hookspool: $stored; events in the spool: ${events:-unknown}"
	[ -n "$events" ] && [ "$events" -ge "$stored" ] || die "webhooks that were answered 200 are not in the spool"
}

# What the figures were taken on; the head of each part's output.
facts()
{
	local source type rotational from to

	read -r type source <<<"$(df --output=fstype,source "$dir" | tail -n 1)"
	rotational=$(lsblk -ndo ROTA "$source" 2>/dev/null | tr -d ' ')
	from=${EPOCHREALTIME/./}
	dd if=/dev/zero of="$dir/flush" bs=4k count=100 oflag=dsync 2>/dev/null
	to=${EPOCHREALTIME/./}
	rm -f "$dir/flush"
	echo "hookspool bench, $part, $(date -u +%Y-%m-%dT%H:%MZ)"
	echo "  command  BENCH=$form BENCH_SECONDS=$seconds BENCH_PAIRS=$pairs BENCH_CONNECTIONS=\"$levels\"" \
	    "tests/bench/$part.sh ${build##*/}"
	[ -z "${BENCH_OPTIONS:-}" ] || echo "  options  $BENCH_OPTIONS"
	echo "  machine  $(nproc) x $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)," \
	    "$(awk '/^MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo), Linux $(uname -r)," \
	    "load $(cut -d ' ' -f 1 /proc/loadavg) before"
	echo "  disk     $type, $source, rotational flag ${rotational:-unknown};" \
	    "4 KiB written and flushed in $(((to - from) / 100)) us (dd oflag=dsync, mean of 100)"
	case $type in
	tmpfs|ramfs) echo "  WARNING  $type is memory: flushing costs nothing there, the figures hold for no disk" ;;
	esac
}
