# The kill storm and a hostile web-server user: README there.
crash_tests = \
	tests/crash/crash.sh \
	tests/crash/hostile.sh
crash_files = \
	tests/crash/README \
	tests/crash/attacks.py \
	tests/crash/decisions.py \
	tests/crash/hostile.py \
	tests/crash/place.py \
	tests/crash/processes.py \
	tests/crash/senders.py \
	tests/crash/storm.py \
	tests/crash/verdict.py

tests_crash_hook_SOURCES = tests/crash/hook.c
tests_crash_hook_LDADD =

# A long storm; SERVER: lighttpd, apache or nginx.
crash-test: all tests/crash/hook
	seconds='$(SECONDS)' seed='$(SEED)' server='$(SERVER)'; python3 -B $(srcdir)/tests/crash/storm.py '$(abs_top_builddir)' \
		--seconds "$${seconds:-600}" $${seed:+--seed "$$seed"} $${server:+--server "$$server"}

# Each attack for so many SECONDS.
hostile-test: all tests/crash/hook
	seconds='$(SECONDS)'; python3 -B $(srcdir)/tests/crash/hostile.py '$(abs_top_builddir)' --seconds "$${seconds:-20}"
.PHONY: crash-test hostile-test
