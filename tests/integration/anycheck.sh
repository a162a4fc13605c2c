#!/usr/bin/env bash
# The sender's three events go through lighttpd, onto disk, into their hooks: exact bytes, once, in order.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

for name in completed failed needs_review; do
	hook "$name" <<-END
		cat >"$dir/$name.\$HOOKSPOOL_NUMBER.body"
		env >"$dir/$name.\$HOOKSPOOL_NUMBER.env"
	END
done
hook slow <<-END
	echo "start \$HOOKSPOOL_EVENT" >>"$dir/order"
	while [ "\$HOOKSPOOL_EVENT" = verification.needs_review ] && [ ! -e "$dir/go" ]; do sleep 0.02; done
	echo "end \$HOOKSPOOL_EVENT" >>"$dir/order"
END
write_conf <<-END
	hook "verification.completed"    { command = { "$dir/hooks/completed" } }
	hook "verification.failed"       { command = { "$dir/hooks/failed" } }
	hook "verification.needs_review" { command = { "$dir/hooks/needs_review" } }
END
start_server

each_of_the_three_events_reaches_its_own_hook_with_its_exact_bytes() {
	local n=0 pair
	for pair in completed:COMPLETED failed:FAILED needs_review:NEED_REVIEW; do
		n=$((n + 1))
		event "$dir/in" "${pair%:*}" "v-$n" "${pair#*:}" ",
  \"metadata\" : {\"customer_id\":\"cust-$n\",\"order_id\":\"ö\\u00e4\"},\"execution_time\":5.20"
		post 200 "$dir/in" && equal "{\"status\":\"stored\",\"number\":$n}" "$(cat "$dir/answer")" &&
			wait_for 10 has_state "$n" "done" && cmp "$dir/in" "$dir/${pair%:*}.$n.body" &&
			grep -qx "CUSTOMER_ID=cust-$n" "$dir/${pair%:*}.$n.env" && grep -qx "ORDER_ID=öä" "$dir/${pair%:*}.$n.env" &&
			grep -qx "HOOKSPOOL_ID=v-$n verification.${pair%:*}" "$dir/${pair%:*}.$n.env" &&
			grep -qx "HOOKSPOOL_ATTEMPT=1" "$dir/${pair%:*}.$n.env" || return 1
	done
	hs body 1 >"$dir/body" && cmp "$dir/body" "$dir/completed.1.body"
}

the_same_webhook_again_answers_200_and_runs_nothing() {
	cp "$dir/in" "$dir/again"
	post 200 "$dir/again" && equal '{"status":"duplicate","number":3}' "$(cat "$dir/answer")" &&
		equal 3 "$(hs list | wc -l)" && equal 1 "$(hs show --json 3 | grep -c '"attempts":1,')"
}

fifty_at_once_are_one_event() {
	event "$dir/in" completed many COMPLETED
	hs sign anycheck <"$dir/in" >"$dir/in.header"
	seq 50 | xargs -P 50 -I @@ curl -s -m 10 -o "$dir/answer.@@" -w '%{http_code}\n' -H @"$dir/in.header" \
		-H 'Content-Type: application/json' --data-binary @"$dir/in" "http://127.0.0.1:$port/webhooks/anycheck" |
		sort | uniq -c | grep -qx ' *50 200' &&
		equal 1 "$(cat "$dir"/answer.* | grep -c stored)" && equal 4 "$(hs list | wc -l)" &&
		wait_for 10 has_state 4 "done" && equal 1 "$(find "$dir" -name 'completed.*.body' -newer "$dir/in" | wc -l)"
}

numbers_as_ids_keep_their_text() {
	sed -i 's|preset = "anycheck"|preset = "anycheck" id = { "body:/n" } lane = "body:/n"|' "$conf"
	stop_all && start_server || return 1
	local n
	for n in 12345678901234567890123 12345678901234567890124; do
		event "$dir/in" completed numbers COMPLETED ",\"n\":$n"
		post 200 "$dir/in" && grep -q stored "$dir/answer" || return 1
	done
	post 200 "$dir/in" && grep -q duplicate "$dir/answer"
}

needs_review_and_later_completed_are_two_events_one_after_another() {
	write_conf <<-END
		hook "*" { command = { "$dir/hooks/slow" } }
	END
	stop_all && start_server || return 1
	event "$dir/in1" needs_review lane NEED_REVIEW
	event "$dir/in2" completed lane COMPLETED
	post 200 "$dir/in1" && post 200 "$dir/in2" && event "$dir/in3" completed other COMPLETED && post 200 "$dir/in3" &&
		wait_for 10 grep -q 'end verification.completed' "$dir/order" && # the other lane does not wait
		equal 1 "$(grep -c 'start verification.completed' "$dir/order")" && touch "$dir/go" &&
		wait_for 10 bash -c "[ \$(wc -l <'$dir/order') = 6 ]" &&
		equal "end verification.needs_review start verification.completed end verification.completed" \
			"$(tail -n 3 "$dir/order" | xargs)"
}

json_output_has_the_promised_fields() {
	local line name
	line=$(hs list --json --limit 1) || return 1
	for name in number source event id state attempts received_at next_at bytes; do
		case $line in *"\"$name\":"*) ;; *) echo "$name is missing: $line"; return 1 ;; esac
	done
}

exit_statuses_are_0_1_and_2() {
	local status
	hs list >/dev/null && hs status >/dev/null || return 1
	hs show 99999; status=$?; equal 1 "$status" || return 1
	hs show x; status=$?; equal 2 "$status" || return 1
	hs frobnicate; status=$?; equal 2 "$status" || return 1
	stop_all
	hs status; status=$?; equal 1 "$status"
}

run_cases each_of_the_three_events_reaches_its_own_hook_with_its_exact_bytes the_same_webhook_again_answers_200_and_runs_nothing \
	fifty_at_once_are_one_event numbers_as_ids_keep_their_text needs_review_and_later_completed_are_two_events_one_after_another \
	json_output_has_the_promised_fields exit_statuses_are_0_1_and_2
done_testing
