#!/usr/bin/env bash
# hookspool(1), FILTERS: which events list, retry and drop mean, through a real web server and real hooks.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

write_conf '' '' <<'END'
	hook "verification.completed" {
		command = { "/bin/sh", "-c", "echo the table is away >&2; exit 3" }
		retry { first = "1h" }
	}
	hook "verification.failed" {
		command = { "/bin/sh", "-c", "kill -9 $$" }
		retry { first = "1h" }
	}
	hook "verification.needs_review" { command = { "/bin/true" } }
END
start_server

# sent TYPE ID STATUS: accepted, and run
sent() { event "$dir/in" "$1" "$2" "$3" && post 200 "$dir/in"; }
# lists WANT WORDS…: the numbers, in their order
lists() {
	local want=$1
	shift
	equal "$want" "$(hs list "$@" | cut -f 1 | xargs)"
}
ran() { [ "$(hs list --attempts 1 | wc -l)" = 4 ]; }

all_are_sent() {
	sent completed one COMPLETED && sent failed two FAILED && sent needs_review three NEED_REVIEW && sleep 1.1 &&
		since=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ) && sent completed four COMPLETED && wait_for 20 ran
}
newest_first_page_by_page() {
	lists '4 3 2 1' --newest && lists '4 3' --newest --limit 2 && lists '2 1' --newest --from 2 && lists '1 2 3 4' && lists '1 2' --limit 2
}
by_id_with_and_without_its_source() {
	lists 1 --id 'one verification.completed' && lists 1 --id 'one verification.completed' --source anycheck &&
		lists 1 --id 'one verification.completed' --newest && lists '' --id one && lists '' --id 'one verification.completed' --source other &&
		lists '' --id 'one verification.completed' --from 2
}
by_lane() { lists 3 --lane three && lists '' --lane nobody; }
by_time() {
	lists 4 --since "$since" && lists '1 2 3' --until "$since" && lists '3 2 1' --until "$since" --newest && lists '1 2 3 4' --since 1h &&
		lists '' --until 1h && lists '1 2 3 4' --since 2020-01-01 --until 2100-01-01
}
by_how_they_failed() {
	lists '1 4' --error exited && lists '1 4' --error exited:3 && lists '' --error exited:4 && lists 2 --error signal:9 && lists '' --error timeout &&
		lists '1 4' --error 'output:table is away' && lists '' --error output:nothing
}
by_a_value_in_the_body() {
	lists '1 4' --field body:/status=COMPLETED && lists 4 --field body:/status=COMPLETED --newest --limit 1 && lists 1 --field body:/status=COMPLETED --limit 1 &&
		lists 3 --field body:/verification_id=three && lists '' --field body:/verification_id=thre && lists '' --field body:/verification_id=threee &&
		lists 4 --field body:/status=COMPLETED --since "$since" && lists '' --field body:/nowhere=COMPLETED && lists '' --field body:/status= &&
		equal 2 "$(hs list --json --field body:/status=COMPLETED | grep -c '"number":')"
}
many_are_looked_through() {
	local i
	for i in $(seq 20); do event "$dir/in" completed "many-$i" COMPLETED && post 200 "$dir/in" || return 1; done
	equal 22 "$(hs list --field body:/status=COMPLETED | wc -l)" && lists 24 --field body:/verification_id=many-20 &&
		lists 24 --newest --limit 1 --field body:/status=COMPLETED
}
it_is_told_as_it_happens() {
	local tail status
	hs tail --source anycheck >"$dir/tail" 2>&1 &
	tail=$!
	wait_for 10 watched && sent needs_review seen NEED_REVIEW && wait_for 10 grep -q '^ended	.*	seen .*	done	' "$dir/tail" && post 200 "$dir/in" &&
		wait_for 10 grep -q '^duplicate	' "$dir/tail" && equal 'stored ended duplicate' "$(grep '	seen ' "$dir/tail" | cut -f 1 | xargs)"
	status=$?
	kill "$tail"
	wait "$tail" 2>/dev/null
	hs tail --since 1h 2>/dev/null && return 1
	return "$status"
}
# Whoever is told something is there.
watched() { sent needs_review "early-$RANDOM" NEED_REVIEW && grep -q . "$dir/tail"; }
what_makes_no_sense_is_refused() {
	local words status
	for words in '--since yesterday' '--until 12' '--attempts 0' '--secret x' '--from 0' '--nonsense' '--field /a=b' '--field body:/a' '--field header:A=b' \
		'--field body:a=b' '--field body:/a=1 --field body:/b=2'; do
		# shellcheck disable=SC2086
		hs list $words >"$dir/said" 2>&1
		status=$?
		equal 2 "$status" || return 1
	done
	hs list --error exit >"$dir/said" 2>&1
	equal 1 $? && grep -q 'an error is exited' "$dir/said"
}
drops_are_counted_first() {
	equal '2 would be changed' "$(hs drop --state queued --error exited --dry-run)" && lists '1 2 4' --state queued &&
		equal '1 changed' "$(hs drop --state queued --error exited --since "$since")" && lists '1 2' --state queued && lists 4 --state dropped
}
numbers_come_from_a_list() {
	hs list --state dropped | hs retry - >/dev/null && lists '' --state dropped && printf '1\n2 and more\n' | hs drop - >/dev/null && lists '1 2' --state dropped || return 1
	if echo nonsense | hs drop - 2>"$dir/said"; then return 1; fi
	grep -q "no event's number" "$dir/said"
}
a_terminal_is_asked() {
	local said
	said=$(script -qec "hookspool -c '$conf' retry --state dropped" /dev/null <<<n)
	grep -q '2 deliveries? \[y/N\]' <<<"$said" && grep -q 'nothing was changed' <<<"$said" && lists '1 2' --state dropped || return 1
	said=$(script -qec "hookspool -c '$conf' retry --state dropped" /dev/null <<<y)
	grep -q '2 changed' <<<"$said" && script -qec "hookspool -c '$conf' drop --state queued --yes" /dev/null | grep -q ' changed'
}

run_cases all_are_sent newest_first_page_by_page by_id_with_and_without_its_source by_lane by_time by_how_they_failed by_a_value_in_the_body \
	what_makes_no_sense_is_refused drops_are_counted_first numbers_come_from_a_list a_terminal_is_asked many_are_looked_through \
	it_is_told_as_it_happens
done_testing
