# The spooler's core on a virtual clock and a virtual disk: README.  What is defined here is not taken from the libraries.
sim_test = tests/sim/sim
tests_sim_sim_SOURCES = \
	tests/sim/arrive.c \
	tests/sim/arrive.h \
	tests/sim/check.c \
	tests/sim/check.h \
	tests/sim/check_disk.c \
	tests/sim/crew.c \
	tests/sim/crew.h \
	tests/sim/disk.c \
	tests/sim/disk.h \
	tests/sim/disk_jobs.c \
	tests/sim/ledger.c \
	tests/sim/ledger.h \
	tests/sim/life.c \
	tests/sim/life.h \
	tests/sim/loop.c \
	tests/sim/loop.h \
	tests/sim/memory.c \
	tests/sim/memory.h \
	tests/sim/presence.c \
	tests/sim/presence.h \
	tests/sim/quiet.c \
	tests/sim/shrink.c \
	tests/sim/shrink.h \
	tests/sim/sim.c \
	tests/sim/sim.h \
	tests/sim/steps.c \
	tests/sim/steps.h \
	$(model_reference)
tests_sim_sim_LDADD = libspooler.a libspool.a $(lib_common) $(CRYPTO_LIBS)
tests_sim_sim_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=aligned_alloc \
	-Wl,--wrap=strdup -Wl,--wrap=free -Wl,--wrap=clock_wall_ms -Wl,--wrap=clock_monotonic_ms -Wl,--wrap=clock_boot_ms \
	-Wl,--wrap=getrandom -Wl,--wrap=statvfs -Wl,--wrap=unlink -Wl,--wrap=spool_outcome -Wl,--wrap=filter_new \
	-Wl,--wrap=filter_free -Wl,--wrap=filter_add -Wl,--wrap=filter_save -Wl,--wrap=filter_load

test_files += \
	tests/sim/README

# STEPS and SEED for others.
sim-test: $(sim_test)
	steps='$(STEPS)'; $(sim_test) "$${steps:-5000000}" '$(SEED)'
.PHONY: sim-test
