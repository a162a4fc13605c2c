#!/usr/bin/env bash
# A configuration that is wrong starts nothing half-way, and says where it is wrong.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

hook good </dev/null

# says PATTERN: each program refuses the configuration with it, and nothing was made.
says() {
	local program
	for program in "hookspool -c $conf check" "hookspoold -c $conf" "hookspool.fcgi -c $conf"; do
		if REQUEST_METHOD=POST timeout 5 $program >"$dir/said" 2>&1 </dev/null; then
			echo "$program accepted it"
			return 1
		fi
		grep -Eq "^$conf:[0-9]+: .*$1" "$dir/said" || { echo "$program:"; cat "$dir/said"; return 1; }
	done
	[ ! -e "$dir/spool" ] && [ ! -e "$dir/run/submit.sock" ]
}

a_good_one_is_ok() {
	write_conf <<<"hook \"*\" { command = { \"$dir/hooks/good\" } }" && equal "$conf: ok: 1 sources, 1 hooks" "$(hs check)"
}
a_misspelt_option_is_named_with_its_line() { write_conf '' 'requre-https = false' </dev/null && says "did you mean 'require-https'"; }
a_source_without_a_secret_is_refused() { write_conf </dev/null && sed -i /secret-file/d "$conf" && says "no option 'secret-file'"; }
a_missing_secret_file_is_refused() { write_conf </dev/null && sed -i "s|$secret|$dir/nowhere|" "$conf" && says "nowhere'.*: No such file"; }
a_secret_that_everybody_reads_is_refused_where_it_is_used() {
	write_conf </dev/null && chmod 644 "$secret"
	hs check >"$dir/said" 2>&1 && return 1
	chmod 600 "$secret"
	grep -q 'secret' "$dir/said"
}
# Whoever else can write it decides what runs, and as whom: each program refuses it, also one that only asks.
a_configuration_that_others_may_change_is_refused_by_all() {
	local program
	write_conf </dev/null && chmod 666 "$conf"
	for program in "hookspool -c $conf check" "hookspool -c $conf list" "hookspoold -c $conf" "hookspool.fcgi -c $conf"; do
		REQUEST_METHOD=POST timeout 5 $program >"$dir/said" 2>&1 </dev/null && { echo "$program accepted it"; return 1; }
		grep -q "^$conf: may be written to by others (mode 0666); chmod go-w" "$dir/said" || { echo "$program:"; cat "$dir/said"; return 1; }
	done
	chmod 644 "$conf"
}
a_preset_that_others_may_change_is_refused() {
	write_conf </dev/null && chmod 666 "$dir/presets/anycheck.conf"
	says "presets/anycheck.conf' may be written to by others"
	local result=$?
	chmod 644 "$dir/presets/anycheck.conf"
	return "$result"
}
a_hook_that_is_not_executable_is_refused() {
	echo >"$dir/plain" && write_conf <<<"hook \"*\" { command = { \"$dir/plain\" } }" && says "plain' is not executable"
}
a_hook_that_does_not_exist_is_refused() { write_conf <<<'hook "*" { command = { "/nowhere/hook" } }' && says "/nowhere/hook': No such file"; }
a_bad_time_is_refused() { write_conf 'deadline = "soon"' </dev/null && says "'deadline' is a duration .* not 'soon'"; }
a_bad_selector_is_refused() { write_conf '' 'lane = "bdy:/x"' </dev/null && says "'lane': 'bdy:/x'"; }
an_unknown_preset_is_refused() { write_conf </dev/null && sed -i 's/preset = "anycheck"/preset = "anychek"/' "$conf" && says "anychek.conf' can't be read"; }
two_sources_at_one_path_are_refused() { write_conf </dev/null && sed 's/source "anycheck"/source "two"/' "$conf" | sed -n '/^source/,$p' >>"$conf" && says "'path': '/webhooks/anycheck'"; }
a_signed_text_without_the_body_is_refused() {
	write_conf '' 'signature { from = "header:X-S"  signed = "{method}" }' </dev/null && says 'lacks \{body\}'
}
a_variable_that_changes_how_programs_run_is_refused() { write_conf '' 'env = { "LD_PRELOAD=body:/x" }' </dev/null && says 'LD_PRELOAD'; }
an_operator_can_look_while_a_hook_is_gone() {
	local status
	write_conf <<<"hook \"*\" { command = { \"$dir/hooks/good\" } }"
	hookspoold -c "$conf" &
	wait_for 10 hs status && mv "$dir/hooks/good" "$dir/hooks/away" && hs list && hs status
	status=$?
	mv "$dir/hooks/away" "$dir/hooks/good"
	kill "$(cat "$dir/spool/lock")" && wait_for 10 spooler_gone
	rm -rf "$dir/spool" "$dir/run/submit.sock"
	return "$status"
}
lighttpd_shows_an_error_and_nothing_starts() {
	write_conf 'thread = 4' </dev/null
	start_server
	wait_for 10 grep -q "did you mean 'threads'" "$dir"/lighttpd.* && [ ! -e "$dir/spool" ] || { tail "$dir"/lighttpd.*; ls -l "$dir"; return 1; }
}

run_cases a_good_one_is_ok a_misspelt_option_is_named_with_its_line a_source_without_a_secret_is_refused \
	a_missing_secret_file_is_refused a_secret_that_everybody_reads_is_refused_where_it_is_used \
	a_configuration_that_others_may_change_is_refused_by_all a_preset_that_others_may_change_is_refused \
	a_hook_that_is_not_executable_is_refused a_hook_that_does_not_exist_is_refused a_bad_time_is_refused \
	a_bad_selector_is_refused an_unknown_preset_is_refused two_sources_at_one_path_are_refused \
	a_signed_text_without_the_body_is_refused a_variable_that_changes_how_programs_run_is_refused \
	an_operator_can_look_while_a_hook_is_gone lighttpd_shows_an_error_and_nothing_starts
done_testing
