#!/usr/bin/env bash
# contrib/completion/hookspool, as bash calls it.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"
# shellcheck source=contrib/completion/hookspool
. "$HOOKSPOOL_SOURCE/contrib/completion/hookspool"

hook nothing </dev/null
write_conf <<<"hook \"*\" { command = { \"$dir/hooks/nothing\" } }"
# Titles are whatever events are called; what a shell would run in one is not run.
cat >>"$conf" <<END
source "gitlab" {
    preset = "gitlab"
    path = "/webhooks/gitlab"
    secret-file = { "$secret" }
    hook "Push Hook" { command = { "$dir/hooks/nothing" } }
    hook "\$(touch $dir/run/expanded)" { command = { "$dir/hooks/nothing" } }
}
END
export HOOKSPOOL_CONF=$conf

# completes WANT WORD…: the last WORD is the one under the cursor.
completes() {
	local want=$1
	shift
	COMP_WORDS=(hookspool "$@")
	COMP_CWORD=$#
	_hookspool
	equal "$want" "${COMPREPLY[*]}"
}

each_verb_has_its_help() {
	local verb
	for verb in $(hookspool --help | grep -oE '^  [a-z]+( \| [a-z]+)?' | grep -oE '[a-z]+' | sort -u); do
		HOOKSPOOL_CONF=/nonexistent hookspool "$verb" --help >"$dir/help" && grep -qE "^  ([a-z]+ \| )?$verb( |\$)" "$dir/help" && [ "$(wc -l <"$dir/help")" -lt 12 ] ||
			{ cat "$dir/help"; return 1; }
	done
	hookspool drop --help | grep -q 'FILTER: --source' && ! hookspool show --help | grep -q FILTER && ! hookspool show -h | grep -q '  list '
}
verbs_by_their_beginning() {
	completes show sh && completes 'reload resume retry' re && completes 'show sign status suspend' s && completes '' nothing &&
		completes "$(printf '%s\n' -c -h -V --help --version body check drop explain follow list pause reload resume retry show sign \
			status suspend tail | xargs)" ''
}
options_of_the_verb_only() {
	completes "$(printf '%s\n' --attempts --dry-run --error --event --hook --id --json --lane --secret --since --source --state --until --yes | xargs)" \
		drop -- && completes '--error --event' drop --e && completes '--newest' list --n && completes 'signal' list --error s && completes '' drop --force && completes '--force' retry --f && completes '' show --state &&
		completes '--address --at' explain --a && completes '' reload --
}
states_of_the_verb() { completes 'queued' list --state q && completes 'dead dropped' retry --state d && completes '' drop --state running; }
sources_without_a_spooler() {
	completes 'anycheck gitlab' sign '' && completes gitlab explain gi && completes 'anycheck' list --source a &&
		HOOKSPOOL_CONF=/nonexistent completes 'anycheck' -c "$conf" sign a
}
events_and_hooks_of_the_spooler() {
	start_server && event "$dir/in" completed one COMPLETED && post 200 "$dir/in" && event "$dir/in" completed two COMPLETED &&
		post 200 "$dir/in" || return 1
	for verb in show body retry follow drop; do completes '1 2' "$verb" '' || return 1; done
	HOOKSPOOL_CONF=/nonexistent completes 2 -c "$conf" show 2 && completes 'anycheck/\*' suspend any &&
		completes 'gitlab/Push\ Hook' retry --hook gitlab/P
}
no_name_is_expanded() { completes "gitlab/\\\$\\(touch\\ $dir/run/expanded\\)" resume 'gitlab/$' && [ ! -e "$dir/run/expanded" ]; }

run_cases each_verb_has_its_help verbs_by_their_beginning options_of_the_verb_only states_of_the_verb sources_without_a_spooler \
	events_and_hooks_of_the_spooler no_name_is_expanded
done_testing
