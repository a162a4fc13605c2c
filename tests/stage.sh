# shellcheck shell=bash
# Sourced first by suites that start servers: begins the suite again as the web servers' user.  What root may do hides mistakes, and
# Apache refuses to be root.
: "${HOOKSPOOL_SOURCE:?}" "${HOOKSPOOL_BUILD:?}"

if [ "$(id -u)" = 0 ]; then
	stage=$(mktemp -d /tmp/hookspool-stage.XXXXXX) || exit 1
	trap 'rm -rf "$stage"' EXIT
	mkdir "$stage/src"
	cp "$HOOKSPOOL_BUILD"/hookspool "$HOOKSPOOL_BUILD"/hookspoold "$HOOKSPOOL_BUILD"/hookspool.fcgi "$stage" || exit 1
	cp -r "$HOOKSPOOL_SOURCE/src/presets" "$stage/src/" && cp -r "$HOOKSPOOL_SOURCE/contrib" "$HOOKSPOOL_SOURCE/tests" "$stage" || exit 1
	chmod -R a+rX "$stage"
	cd / || exit 1
	HOOKSPOOL_SOURCE=$stage HOOKSPOOL_BUILD=$stage setpriv --reuid=www-data --regid=www-data --clear-groups \
		bash "$stage/tests/integration/${0##*/}" "$@"
	exit
fi
