# What the tests reach; README there.  "make coverage TESTS=tests/unit/test_slot": what these do.
coverage_files = \
	tests/coverage/README \
	tests/coverage/report \
	tests/coverage/run

coverage:
	$(BASH_PROGRAM) $(srcdir)/tests/coverage/run '$(abs_top_srcdir)' '$(abs_top_builddir)'
.PHONY: coverage
