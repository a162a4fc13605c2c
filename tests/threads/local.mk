# Threads: a build of its own, THREAD_DIR.
thread_files = \
	tests/threads/run \
	tests/threads/tsan.supp

THREAD_DIR = $(abs_top_builddir)/threads
thread-test:
	$(BASH_PROGRAM) $(srcdir)/tests/threads/run '$(THREAD_DIR)'
.PHONY: thread-test
