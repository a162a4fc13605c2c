#!/usr/bin/env bash
# Started as root in directories that its user owns: that user puts links wherever root might follow one, and nothing of root's changes.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"
needs setpriv

if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 0
fi
ROUNDS=40 # starts under attack, and
SECONDS_MAX=8
attacker=
spooler=
trap 'end_attack; end_spooler; finish' EXIT

# The programs where every user may run them.
cp "$HOOKSPOOL_BUILD"/hookspoold "$HOOKSPOOL_BUILD"/hookspool.fcgi "$HOOKSPOOL_BUILD"/hookspool "$dir"
cp -r "$HOOKSPOOL_SOURCE/src/presets" "$dir"
chmod -R a+rX "$dir"
hook nothing </dev/null
chmod 755 "$dir/hooks"

# attack.pl HOW PREY NAME…: links to PREY, hard ones where the system lets users make them and symbolic ones in turn, at each NAME.
cat >"$dir/attack.pl" <<'END'
use strict;
my ($how, $prey, @names) = @ARGV;
my $turn = 0;
alarm 60;
# At hand beforehand, so that nothing but a rename is between seeing what is made and having replaced it.
sub prepare { ($turn++ % 2 && link($prey, "$_[0].new")) || symlink($prey, "$_[0].new"); }
sub put { rename "$_[0].new", $_[0]; unlink "$_[0].new"; prepare($_[0]); }
for my $name (@names) { unlink "$name.new"; prepare($name); }
while (1) {
	for my $name (@names) {
		if ($how eq 'sockets') {
			put($name) if lstat $name and -S _;
		} elsif ($how eq 'directories') {
			rename($name, "$name.$turn") && put($name) if lstat $name and -d _;
		} else {
			put($name);
			unlink $name if $turn % 3 == 0;
		}
	}
}
END
attack() {
	setpriv --reuid=daemon --regid=daemon --clear-groups perl "$dir/attack.pl" "$@" &
	attacker=$!
}
end_attack() {
	[ -z "$attacker" ] || { kill "$attacker" 2>/dev/null; wait "$attacker" 2>/dev/null; }
	attacker=
}

# What is root's, and how it is.
roots=$dir/roots
mkdir "$roots" "$roots/box"
fresh_prey() {
	rm -rf "$roots/prey" "$roots/box"
	(umask 077 && echo precious >"$roots/prey" && mkdir "$roots/box")
}
look() { stat -c '%n %U %G %a' "$roots/prey" "$roots/box" && cat "$roots/prey" && ls -A "$roots" "$roots/box"; }

# configure [OPTIONS]: all in $home, which is the user's, where places are not named otherwise.
home=$dir/home
configure() {
	end_spooler
	rm -rf "$home"
	install -d -o daemon -g daemon -m 755 "$home"
	write_conf "user = \"daemon\"  hook-user = \"nobody\"  submit-group = \"www-data\"  autostart = false" <<<"hook \"*\" { command = { \"$dir/hooks/nothing\" } ${1:-} }"
	sed -i "s|^presets.*|presets = \"$dir/presets\"|; s|\"$dir/run/|\"$home/run/|; s|\"$dir/spool\"|\"$home/spool\"|; s|\"$dir/log\"|\"stderr\"|" "$conf"
	chmod 644 "$conf"
	chgrp www-data "$secret" && chmod 640 "$secret"
}
set_log() { sed -i "s|^log .*|log = \"$1\"|" "$conf"; }
make_places() { install -d -o daemon -g daemon -m 755 "$home/run" "$home/logs" && install -d -o daemon -g daemon -m 700 "$home/spool"; }

# of PID WORD: its line in /proc/PID/status.
of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" 2>/dev/null | xargs; }
four() { echo "$1 $1 $1 $1"; }

# Until it has ended or become its user.  By its own id: what is in the lock is the attacker's.
start_spooler() {
	: >"$dir/said"
	"$dir/hookspoold" -c "$conf" 2>"$dir/said" &
	spooler=$!
	wait_for 10 settled
}
settled() { gone "$spooler" || [ "$(of "$spooler" Uid)" = "$(four "$(id -u daemon)")" ]; }
said_ready() { gone "$spooler" || cat "$dir/said" "$home/logs/hookspool.log" "$roots/prey" | grep -q 'ready: '; }
is_ready() { start_spooler && wait_for 10 said_ready && ! gone "$spooler"; }
refuses() { start_spooler && gone "$spooler" && { cat "$dir/said"; grep -q "$1" "$dir/said"; }; }
end_spooler() {
	[ -z "$spooler" ] || { kill "$spooler" 2>/dev/null; wait "$spooler" 2>/dev/null; }
	spooler=
}

# survives HOW PREY NAME…: started again and again meanwhile, nothing of root's is different afterwards.
survives() {
	local before end=$((SECONDS + SECONDS_MAX)) round
	fresh_prey
	before=$(look)
	attack "$@"
	for ((round = 0; round < ROUNDS && SECONDS < end; round++)); do
		[ "$1" != directories ] || rm -rf "$home/run" "$home/spool" "$home"/*.[0-9]*
		start_spooler
		wait_for 1 said_ready
		end_spooler
		[ "$(look)" = "$before" ] || break
	done
	end_attack
	echo "round $round"
	equal "$before" "$(look)"
}

links_in_place_of_the_sockets_are_not_followed() {
	configure && make_places && survives sockets "$roots/prey" "$home/run/submit.sock" "$home/run/control.sock"
}
links_in_place_of_the_locks_are_not_followed() {
	configure && make_places && survives files "$roots/prey" "$home/spool/lock" "$home/spool/runner.lock"
}
links_in_place_of_the_log_are_not_followed() {
	configure && make_places && set_log "$home/logs/hookspool.log" && survives files "$roots/prey" "$home/logs/hookspool.log"
}
links_in_place_of_the_directories_are_not_followed() {
	configure && survives directories "$roots/box" "$home/run" "$home/spool"
}
# Put there by root, because not every system lets others.
nor_are_hard_links() {
	local before name
	for name in spool/lock spool/runner.lock logs/hookspool.log; do
		configure && make_places && set_log "$home/logs/hookspool.log" && fresh_prey && before=$(look) && ln "$roots/prey" "$home/$name" || return 1
		start_spooler && wait_for 10 gone "$spooler" && equal "$before" "$(look)" || return 1
	done
}
nor_links_on_the_way_to_a_new_directory() {
	configure && fresh_prey && ln -s "$roots/box" "$home/way" && sed -i "s|\"$home/spool\"|\"$home/way/spool\"|" "$conf" &&
		refuses "can't make the spool directory $home/way/spool: Permission denied" && equal '' "$(ls -A "$roots/box")"
}
# as_cgi: hookspool.fcgi, as root, writes a line to the log.
as_cgi() {
	env REQUEST_METHOD=POST REQUEST_URI=/webhooks/anycheck CONTENT_TYPE=application/json CONTENT_LENGTH=2 \
		HTTP_X_WEBHOOK_SIGNATURE=00 "$dir/hookspool.fcgi" -c "$conf" <<<'{}' 2>"$dir/said"
}
a_responder_that_is_root_follows_none_either() {
	local before name
	configure && make_places && fresh_prey && before=$(look) && ln -s "$roots/prey" "$home/logs/symbolic" &&
		ln "$roots/prey" "$home/logs/hard" && ln -s "$home/logs" "$home/way" || return 1
	for name in logs/symbolic logs/hard way/new; do
		set_log "$home/$name"
		as_cgi | grep -q 401 && grep -q "can't open the log $home/$name" "$dir/said" || return 1
	done
	equal "$before" "$(look)" && [ ! -e "$home/logs/new" ] && set_log "$home/logs/new" && as_cgi | grep -q 401 && grep -q refused "$home/logs/new"
}
owners_and_modes() { (cd "$1" && shift && stat -c '%n %U %G %a' "$@"); }
all_made='run daemon daemon 755
run/submit.sock daemon www-data 660
run/control.sock daemon daemon 600
spool daemon daemon 700
spool/lock daemon daemon 600
spool/runner.lock daemon daemon 600
logs/hookspool.log daemon www-data 660'
all_of_it() { owners_and_modes "$home" run run/submit.sock run/control.sock spool spool/lock spool/runner.lock logs/hookspool.log; }
where_the_directory_is_the_users_all_is_made_by_the_user() {
	configure && install -d -o daemon "$home/logs" && set_log "$home/logs/hookspool.log" && is_ready && equal "$all_made" "$(all_of_it)"
}
and_again_in_place_of_what_is_left() {
	kill -9 "$spooler" && end_spooler && is_ready && equal "$all_made" "$(all_of_it)" &&
		hs status && end_spooler
}
where_it_is_roots_the_same_comes_out() {
	configure && chown root: "$home" && install -d "$home/logs" && set_log "$home/logs/hookspool.log" && is_ready &&
		equal "$all_made" "$(all_of_it)" && end_spooler && is_ready && equal "$all_made" "$(all_of_it)" && hs status && end_spooler
}
and_where_the_socket_directory_stays_roots() {
	configure && chown root: "$home" && install -d "$home/logs" "$home/run" && set_log "$home/logs/hookspool.log" && is_ready &&
		equal "${all_made/run daemon daemon/run root root}" "$(all_of_it)" && end_spooler
}
in_a_sticky_directory_it_is_the_user() {
	configure && chown root: "$home" && chmod 1777 "$home" && install -d -o daemon "$home/logs" && set_log "$home/logs/hookspool.log" &&
		sed -i "s|$home/run/|$home/|" "$conf" && is_ready && end_spooler &&
		equal "$(printf '%s\n' 'submit.sock daemon www-data 660' 'control.sock daemon daemon 600')" "$(owners_and_modes "$home" submit.sock control.sock)"
}
neither_users_groups_get_mixed_up() {
	local runner
	configure 'user = "nobody"' && is_ready && runner=$(pgrep -P "$(pgrep -P "$spooler")") || return 1
	equal "$(four "$(id -u daemon)")" "$(of "$spooler" Uid)" && equal "$(four "$(id -g daemon)")" "$(of "$spooler" Gid)" &&
		equal "$(id -G daemon)" "$(of "$spooler" Groups)" && equal "$(four 0)" "$(of "$runner" Uid)" &&
		equal "$(four 0)" "$(of "$runner" Gid)" && equal "$(of self Groups)" "$(of "$runner" Groups)" && end_spooler
}
a_socket_directory_of_everybodys_is_refused() {
	configure && make_places && chmod 777 "$home/run" && refuses "$home/run may be written to by others (mode 0777)"
}
a_socket_that_the_user_may_not_replace_is_told() {
	configure && chown root: "$home" && chmod 1777 "$home" && sed -i "s|$home/run/|$home/|" "$conf" && : >"$home/submit.sock" &&
		refuses "can't remove the old socket $home/submit.sock as daemon: Operation not permitted"
}
an_old_lock_of_roots_is_told() {
	configure && make_places && (umask 077 && : >"$home/spool/lock") && refuses "$home/spool/lock: it belongs to user 0" || return 1
	configure && make_places && (umask 077 && : >"$home/spool/runner.lock") && refuses "$home/spool/runner.lock: it belongs to user 0"
}
a_log_that_only_root_could_make_where_others_can_put_links_is_told() {
	configure && install -d -o bin "$home/logs" && set_log "$home/logs/hookspool.log" && refuses 'user "daemon" may not write to it' &&
		[ ! -e "$home/logs/hookspool.log" ]
}

run_case links_in_place_of_the_sockets_are_not_followed
run_case links_in_place_of_the_locks_are_not_followed
run_case links_in_place_of_the_log_are_not_followed
run_case links_in_place_of_the_directories_are_not_followed
run_case nor_are_hard_links
run_case nor_links_on_the_way_to_a_new_directory
run_case a_responder_that_is_root_follows_none_either
run_case where_the_directory_is_the_users_all_is_made_by_the_user
run_case and_again_in_place_of_what_is_left
run_case where_it_is_roots_the_same_comes_out
run_case and_where_the_socket_directory_stays_roots
run_case in_a_sticky_directory_it_is_the_user
run_case neither_users_groups_get_mixed_up
run_case a_socket_directory_of_everybodys_is_refused
run_case a_socket_that_the_user_may_not_replace_is_told
run_case an_old_lock_of_roots_is_told
run_case a_log_that_only_root_could_make_where_others_can_put_links_is_told
done_testing
