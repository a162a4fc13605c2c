# shellcheck shell=bash
#
# Processes, as the bench looks at them: whether they live, listen, rest, and how much CPU they used; sourced by lib.sh.

# The fields of /proc/PID/stat after the name, which may hold spaces: 0 is the state, 1 the parent.
stat_fields()
{
	local line

	fields=()
	{ read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
	read -ra fields <<<"${line##*) }"
}

state_of()
{
	stat_fields "$1" && echo "${fields[0]}"
}

# A process whose first thread has ended is there, and holds its locks, as long as another one waits for the disk.
alive()
{
	local threads=("/proc/$1/task"/*)

	[ -d "/proc/$1" ] && { [ ${#threads[@]} -gt 1 ] || [ "$(state_of "$1")" != Z ]; }
}

# stop TERM|KILL PID…: only what this script started, by its process id; KILL for what does not leave when asked.
stop()
{
	local signal=$1 pid deadline=$((SECONDS + 5))

	shift
	for pid in "$@"; do
		kill "-$signal" "$pid" 2>/dev/null
	done
	for pid in "$@"; do
		while alive "$pid"; do
			if [ $SECONDS -ge $deadline ]; then
				kill -KILL "$pid" 2>/dev/null
				break
			fi
			sleep 0.02
		done
	done
	true
}

# Wait up to so many seconds until the command succeeds.
wait_for()
{
	local deadline=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.02
	done
}

listening()
{
	(: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port()
{
	local candidate

	while :; do
		candidate=$((20000 + RANDOM % 12000))
		listening $candidate || break
	done
	echo $candidate
}

# wait_for_port PID PORT
wait_for_port()
{
	local deadline=$((SECONDS + 10))

	until listening "$2"; do
		alive "$1" && [ $SECONDS -lt $deadline ] || return 1
		sleep 0.05
	done
	alive "$1"
}

# CPU ticks used by processes and by their children that have ended.
ticks_of()
{
	local pid sum=0

	for pid in "$@"; do
		stat_fields "$pid" && sum=$((sum + fields[11] + fields[12] + fields[13] + fields[14]))
	done
	echo $sum
}

# The processes whose parent is PID.
children_of()
{
	local stat pid

	for stat in /proc/[0-9]*/stat; do
		pid=${stat#/proc/}
		pid=${pid%/stat}
		stat_fields "$pid" && [ "${fields[1]}" = "$1" ] && echo "$pid"
	done 2>/dev/null
}

# child_of PARENT NAME [TEXT]: the child of this name, with TEXT in its environment; waits for it.
child_of()
{
	local pid deadline=$((SECONDS + 5))

	while [ $SECONDS -lt $deadline ]; do
		for pid in $(children_of "$1"); do
			[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] || continue
			if [ $# -lt 3 ] || grep -qaF "$3" "/proc/$pid/environ" 2>/dev/null; then
				echo "$pid"
				return 0
			fi
		done
		sleep 0.05
	done
	return 1
}

# settle SECONDS PID…: until the processes have nothing left to do: no CPU used for a moment.
settle()
{
	local limit=$1 before after

	shift
	limit=$((SECONDS + limit))
	after=$(ticks_of "$@")
	while [ $SECONDS -lt $limit ]; do
		before=$after
		sleep 0.2
		after=$(ticks_of "$@")
		[ "$after" -eq "$before" ] && break
	done
}
