#!/usr/bin/env bash
# The examples that people copy, given what no honest sender sends: it stays inside of its URL, its line, its field.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"
needs python3

examples=$HOOKSPOOL_SOURCE/contrib/hooks
# Ends its line, its path, its quotes and its URL, begins another line, and asks curl for several at once.
hostile='../admin?x=1&y#z%\n7 \"forged\r$HOME `id` {a,b}[1-3]'
encoded=..%2Fadmin%3Fx%3D1%26y%23z%25%0A7%20%22forged%0D%24HOME%20%60id%60%20%7Ba%2Cb%7D%5B1-3%5D
mkdir "$dir/bin"
cat >"$dir/bin/curl" <<END
#!/bin/sh
cat >/dev/null
for word; do printf '%s\n' "\$word"; done >>"$dir/words"
END
chmod 755 "$dir/bin/curl"

# approve ID, which is JSON: with a curl that only says what it was given, a line a word
approve() {
	rm -f "$dir/words"
	printf '{"verification_id":%s,"output":{"verified":true}}' "$1" |
		PATH=$dir/bin:$PATH HOOKSPOOL_NUMBER=7 CRM_URL=https://crm.example sh "$examples/approve.sh" >"$dir/said" 2>&1
}
a_hostile_id_stays_in_its_segment_of_the_url() {
	approve "\"$hostile\"" && equal "https://crm.example/customers/$encoded" "$(tail -n 1 "$dir/words")" &&
		equal 10 "$(wc -l <"$dir/words")" && equal "$encoded approved" "$(cat "$dir/said")"
}
a_line_end_at_the_end_is_part_of_the_id() { approve '"v\n"' && equal https://crm.example/customers/v%0A "$(tail -n 1 "$dir/words")"; }
an_id_that_names_another_place_is_refused_for_good() {
	local id
	for id in '""' '"."' '".."' null 7 '{"a":"b"}'; do
		approve "$id"
		equal 100 "$?" && [ ! -e "$dir/words" ] || { echo "id: $id"; return 1; }
	done
}
# The same by a real curl, to a server that says what came.
it_arrives_as_that_segment() {
	local server_pid
	port=$(free_port)
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $ARGV[0], Listen => 1, ReuseAddr => 1) or die;
		open(my $ready, ">", $ARGV[1]) or die; close $ready;
		my $c = $s->accept; my $line = <$c>; my $n = 0;
		while (my $h = <$c>) { $n = $1 if $h =~ /^content-length: (\d+)/i; last if $h =~ /^\r?$/ }
		read $c, my $body, $n; print $line, $body; print $c "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"' "$port" "$dir/ready" >"$dir/came" &
	server_pid=$!
	wait_for 10 test -e "$dir/ready"
	printf '{"verification_id":"%s","output":{"verified":true}}' "$hostile" |
		HOOKSPOOL_NUMBER=7 CRM_URL=http://127.0.0.1:$port sh "$examples/approve.sh" >"$dir/said" 2>&1 || { cat "$dir/said"; kill "$server_pid"; return 1; }
	wait "$server_pid"
	equal "PUT /customers/$encoded HTTP/1.1" "$(head -n 1 "$dir/came" | tr -d '\r')" && equal '{"approved":true,"event":7}' "$(tail -n 1 "$dir/came")"
}
the_manual_pages_example_does_the_same() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$HOOKSPOOL_SOURCE/src/man/hookspool-hook.7" | sed '1,2d; /^\.Ed/d; s/\\e/\\/g' >"$dir/example"
	printf '{"output":{"verified":true}}' >"$dir/body"
	rm -f "$dir/words"
	PATH=$dir/bin:$PATH CUSTOMER_ID=$(printf '../a?b\n#c') sh "$dir/example" <"$dir/body" &&
		equal https://crm.example/customers/..%2Fa%3Fb%0A%23c/approved "$(tail -n 1 "$dir/words")" || return 1
	rm -f "$dir/words"
	PATH=$dir/bin:$PATH CUSTOMER_ID=.. sh "$dir/example" <"$dir/body"
	equal 100 "$?" && [ ! -e "$dir/words" ]
}
# worker PROGRAM: is given one hostile event; what it kept is one line, and what it answered is one.
worker() {
	rm -f "$dir/kept"
	jq -cn --arg body "{\"verification_id\":\"$hostile\"}" '{number: 7, event: "e", id: "i", env: {}, body: $body}' |
		"$@" "$dir/kept" >"$dir/answer" 2>"$dir/said" || { cat "$dir/said"; return 1; }
	equal 1 "$(wc -l <"$dir/kept")" && equal 1 "$(wc -l <"$dir/answer")" && equal '"done"' "$(jq .result "$dir/answer")" &&
		equal "$(printf '"%s"' "$hostile" | jq -c .)" "$(sed 's/^7 //' "$dir/kept" | jq -c .)" &&
		equal "$(printf '"%s"' "$hostile" | jq -c .)" "$(jq -c .message "$dir/answer")"
}
the_shell_worker_writes_one_line() { worker sh "$examples/worker.sh"; }
the_python_worker_writes_one_line() { worker python3 "$examples/worker.py"; }
the_perl_worker_writes_one_line() { worker perl "$examples/worker.pl"; }
notify_says_one_line() {
	printf '{"verification_id":"%s"}' "$hostile" | HOOKSPOOL_EVENT=$(printf 'a\nb') HOOKSPOOL_ATTEMPT=1 python3 "$examples/notify.py" >"$dir/said" &&
		equal 1 "$(wc -l <"$dir/said")"
}
the_hook_that_setup_writes_says_one_line() {
	sed -n '/^	write "\$etc\/hookspool\/hooks/,/^END/p' "$HOOKSPOOL_SOURCE/contrib/setup" | sed '1d; $d; s/\\\$/$/g' |
		sed "s|\$var|$dir|" >"$dir/setup.hook"
	mkdir -p "$dir/lib/hookspool-hook"
	printf '{}' | HOOKSPOOL_NUMBER=7 HOOKSPOOL_SOURCE=shop HOOKSPOOL_EVENT=$(printf 'a\nb') HOOKSPOOL_ID=$(printf 'c\nd') \
		sh "$dir/setup.hook" >"$dir/said" && equal 1 "$(wc -l <"$dir/said")" && equal '{}' "$(cat "$dir/lib/hookspool-hook/7.body")"
}

run_cases a_hostile_id_stays_in_its_segment_of_the_url a_line_end_at_the_end_is_part_of_the_id \
	an_id_that_names_another_place_is_refused_for_good it_arrives_as_that_segment the_manual_pages_example_does_the_same \
	the_shell_worker_writes_one_line the_python_worker_writes_one_line the_perl_worker_writes_one_line notify_says_one_line \
	the_hook_that_setup_writes_says_one_line
done_testing
