#!/usr/bin/env bash
# Hooks that have users of their own: whom the running runner can run as, and what a reload and "check" say to anybody else.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

[ "$(id -u)" = 0 ] || { echo '1..0 # SKIP these tests start hooks as other users: run them as root'; exit 0; }
# The programs where every user may run them.
cp "$HOOKSPOOL_BUILD"/hookspool "$HOOKSPOOL_BUILD"/hookspoold "$dir"
cp -r "$HOOKSPOOL_SOURCE/src/presets" "$dir"
chmod -R a+rX "$dir"
hook who <<-END
	id -un; id -Gn
END
# conf HOOK OPTIONS [GLOBAL OPTIONS [COMMAND]]
conf() {
	write_conf "user = \"daemon\"  submit-group = \"www-data\"  autostart = false ${2:-}" <<<"hook \"*\" { command = { ${3:-\"$dir/hooks/who\"} } retry { first = \"100ms\" } $1 }"
	sed -i "s|^presets.*|presets = \"$dir/presets\"|" "$conf"
	chmod 755 "$dir/hooks" && chmod 644 "$conf"
}
conf 'user = "nobody"'
"$dir/hookspoold" -c "$conf" 2>"$dir/err" &
wait_for 10 hs status
hs() { "$dir/hookspool" -c "$conf" "$@"; }
count=0
# runs USER [GROUPS]: a new webhook's hook runs as this user
runs() {
	count=$((count + 1))
	event "$dir/in" completed "w$count" COMPLETED
	hs sign anycheck <"$dir/in" >"$dir/in.header"
	env REQUEST_METHOD=POST REQUEST_URI=/webhooks/anycheck CONTENT_TYPE=application/json CONTENT_LENGTH="$(wc -c <"$dir/in")" \
		HTTP_X_WEBHOOK_SIGNATURE="$(sed 's/.*: //' "$dir/in.header")" "$HOOKSPOOL_BUILD/hookspool.fcgi" -c "$conf" <"$dir/in" | grep -q '"stored"' &&
		wait_for 10 has_state "$count" "done" && hs show --json "$count" | grep -qF "\"stdout\":\"$1\\\\x0a${2:-$1}\\\\x0a"
}
status_of() { "$@" >"$dir/said" 2>&1; echo $?; }

a_hook_runs_as_its_user_with_that_users_groups() { runs nobody nogroup || { hs show "$count"; false; }; }
without_users_of_their_own_hooks_run_as_the_global_one_after_a_reload() {
	conf '' && equal 0 "$(status_of hs check)" && hs reload && runs daemon
}
and_as_theirs_again() { conf 'user = "nobody"' && hs reload && runs nobody nogroup; }
a_user_that_the_runner_does_not_have_is_refused_by_reload_and_by_check() {
	conf 'user = "www-data"'
	equal 3 "$(status_of hs check)" && grep -q "hook '\*': its user and groups were not configured" "$dir/said" &&
		grep -q 'start it again' "$dir/said" && equal 1 "$(status_of hs reload)" && grep -q 'start it again' "$dir/said" || return 1
	conf 'user = "nobody" group = "daemon"'
	equal 3 "$(status_of hs check)" && equal 1 "$(status_of hs reload)" && conf 'user = "nobody"' && equal 0 "$(status_of hs check)" && runs nobody nogroup
}
check_of_another_file_asks_nobody() {
	conf 'user = "www-data"' && cp "$conf" "$dir/other.conf" && conf 'user = "nobody"' && equal 0 "$(status_of "$dir/hookspool" -c "$dir/other.conf" check)"
}
after_a_restart_the_new_user_is_there() {
	local old
	old=$(cat "$dir/spool/lock")
	conf 'user = "www-data"' && kill "$old" && wait_for 15 gone "$old" || return 1
	"$dir/hookspoold" -c "$conf" 2>>"$dir/err" &
	wait_for 10 hs status && equal 0 "$(status_of hs check)" && runs www-data
}
a_new_command_reaches_a_runner_that_reads_the_configuration_itself() {
	hook again <<-END
		id -un; id -Gn
	END
	conf 'user = "www-data"' '' "\"$dir/hooks/again\", \"x\"" && hs reload && runs www-data && hs show --json "$count" >/dev/null
}
# restart MODE HOOK-OPTIONS GLOBAL-OPTIONS
restart() {
	local old
	old=$(cat "$dir/spool/lock")
	conf "$2" "$3" && chgrp daemon "$conf" && chmod "$1" "$conf" && kill "$old" && wait_for 15 gone "$old" || return 1
	"$dir/hookspoold" -c "$conf" 2>>"$dir/err" &
	wait_for 10 hs status
}
one_that_can_not_read_it_has_the_programs_of_the_start_and_a_reload_says_so() {
	restart 640 '' 'hook-user = "nobody"' && runs nobody nogroup || return 1
	conf '' 'hook-user = "nobody" keep = "20d"' && chmod 640 "$conf" && equal 0 "$(status_of hs reload)" && runs nobody nogroup || return 1
	conf '' 'hook-user = "nobody"' "\"$dir/hooks/again\"" && chgrp daemon "$conf" && chmod 640 "$conf" &&
		equal 3 "$(status_of hs check)" && grep -q 'its command is new' "$dir/said" && equal 1 "$(status_of hs reload)" || return 1
	restart 644 '' 'hook-user = "nobody"' && conf '' 'hook-user = "nobody"' "\"$dir/hooks/again\"" && equal 0 "$(status_of hs reload)" && runs nobody nogroup
}

run_cases a_hook_runs_as_its_user_with_that_users_groups without_users_of_their_own_hooks_run_as_the_global_one_after_a_reload \
	and_as_theirs_again a_user_that_the_runner_does_not_have_is_refused_by_reload_and_by_check check_of_another_file_asks_nobody \
	after_a_restart_the_new_user_is_there a_new_command_reaches_a_runner_that_reads_the_configuration_itself \
	one_that_can_not_read_it_has_the_programs_of_the_start_and_a_reload_says_so
done_testing
