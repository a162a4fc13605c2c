# Errors from the system: README there.
integration_tests += tests/fault/fault.sh
test_files += \
	tests/fault/README \
	tests/fault/fault.py \
	tests/fault/functions.def \
	tests/fault/interpose.c \
	tests/fault/plan.py \
	tests/fault/scenario.py \
	tests/fault/service.py \
	tests/fault/weather.py

# Loaded into the programs as they are.  With sanitizers memory is theirs: who calls malloc() there is not asked.
fault_library = tests/fault/interpose.so
$(fault_library): $(srcdir)/tests/fault/interpose.c $(srcdir)/tests/fault/functions.def
	@$(MKDIR_P) tests/fault
	$(AM_V_CC)case '$(CFLAGS) $(HARDEN_CFLAGS)' in *-fsanitize=*) memory=-DNO_MALLOC ;; *) memory= ;; esac; \
	$(CC) -D_GNU_SOURCE $(CPPFLAGS) $(CFLAGS) -U_FORTIFY_SOURCE $$memory -fPIC -shared -o $@ $(srcdir)/tests/fault/interpose.c
tests/fault/fault.log: $(fault_library)

# What the machine does first, then faults until FAULT_SECONDS are over; SEED chooses them.
FAULT_SECONDS = 1800
fault-test: all $(fault_library)
	$(AM_TESTS_ENVIRONMENT) python3 $(srcdir)/tests/fault/weather.py
	$(AM_TESTS_ENVIRONMENT) SEED='$(SEED)' FAULT_SECONDS='$(FAULT_SECONDS)' python3 $(srcdir)/tests/fault/fault.py
.PHONY: fault-test
