#!/usr/bin/env bash
# What each web server tells a responder, against tests/servers.txt, from which the unit test of the responder reads it.
# record.sh -w writes that file anew.
: "${HOOKSPOOL_SOURCE:?}" "${HOOKSPOOL_BUILD:?}"
if [ "$(id -u)" = 0 ]; then
	stage=$(mktemp -d /tmp/hookspool-stage.XXXXXX) || exit 1
	trap 'rm -rf "$stage"' EXIT
	mkdir "$stage/tests" && cp "$HOOKSPOOL_BUILD/tests/record/record" "$stage/record" || exit 1
	cp -r "$HOOKSPOOL_SOURCE/contrib" "$HOOKSPOOL_SOURCE/tests" "$stage" || exit 1
	chmod -R a+rX "$stage"
	cd / || exit 1
	HOOKSPOOL_SOURCE=$stage HOOKSPOOL_BUILD=$stage setpriv --reuid=www-data --regid=www-data --clear-groups \
		bash "$stage/tests/integration/record.sh" "$@"
	exit
fi
# shellcheck source=tests/lib.sh
. "$HOOKSPOOL_SOURCE/tests/lib.sh"
# shellcheck source=tests/servers.sh
. "$HOOKSPOOL_SOURCE/tests/servers.sh"
trap 'stop_way; finish' EXIT
recorder=$HOOKSPOOL_BUILD/record
[ -x "$recorder" ] || recorder=$HOOKSPOOL_BUILD/tests/record/record
mkdir -p "$dir/etc/hookspool"
: >"$conf"

# ask WHAT CURL-WORDS…: a section of the record
ask() {
	local what=$1
	shift
	echo "[$way $what]"
	curl -s -k -m 10 --retry 3 --retry-delay 1 --retry-all-errors -X POST -H 'Content-Type: application/json' -H 'x-siGNature: Ab' -H 'Authorization: Bearer x' -H 'Expect:' -o "$dir/answer" "$@" && sed "s/:$port/:PORT/g; s/:$tls_port/:PORT/g" "$dir/answer"
}
record_way() {
	local path="$base/an%79/x?q=1&r=%20"
	# It runs what lies in cgi-bin, and nothing else.
	[ "$1" != busybox ] || path="/cgi-bin/hookspool.cgi/an%79/x?q=1&r=%20"
	start_way "$1" "$recorder" || return 1
	ask plain -d '{}' "http://127.0.0.1:$port$path"
	ask chunked -d '{}' -H 'Transfer-Encoding: chunked' "http://127.0.0.1:$port$path"
	! has_tls || ask tls -d '{}' "https://127.0.0.1:$tls_port$path"
	stop_way
}

if [ "${1:-}" = -w ]; then
	for name in $ways; do record_way "$name"; done
	exit
fi
is_told_what_was_recorded() {
	record_way "$name" >"$dir/told" &&
		awk -v way="$name" '/^\[/ { on = index($0, "[" way " ") == 1 } on' "$HOOKSPOOL_SOURCE/tests/servers.txt" | diff - "$dir/told"
}
for name in $ways; do
	not_here=$(way_misses "$name")
	if [ -n "$not_here" ]; then
		skip_case "not on this machine: $not_here" is_told_what_was_recorded "$name"
	else
		run_case is_told_what_was_recorded "$name"
	fi
done
done_testing
