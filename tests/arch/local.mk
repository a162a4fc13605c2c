# Other processors: ARCH=i386 or s390x, ARCH_DIR for what is built.
arch_files = \
	tests/arch/run
tests_arch_carry_SOURCES = tests/arch/carry.c

ARCH = i386 s390x
ARCH_DIR = $(abs_top_builddir)/arch
arch-test: tests/arch/carry
	for arch in $(ARCH); do CARRY='$(abs_builddir)/tests/arch/carry' $(BASH_PROGRAM) $(srcdir)/tests/arch/run $$arch '$(ARCH_DIR)'/$$arch || exit 1; done
.PHONY: arch-test
