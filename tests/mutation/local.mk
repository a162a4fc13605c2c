# Does any test notice when the core is changed a little?  README.  FILES: of these only; SEED, SAMPLE, JOBS, LINES, WORK from the environment.
test_files += \
	tests/mutation/README \
	tests/mutation/accepted \
	tests/mutation/files \
	tests/mutation/run

mutation-test:
	'$(abs_top_srcdir)/tests/mutation/run' '$(abs_top_srcdir)' $(FILES)
.PHONY: mutation-test
