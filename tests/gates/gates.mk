# SPDX-License-Identifier: MIT
#
# make check-gates     headers, symbols, documentation, interface, style, installation
# make check-uapi      what the kernel's headers have and the library does not; HEADERS=folder for those of another kernel
# make abi-baseline    writes down the binary interface as it is now
# make coverage        lines that the tests reach; runs all of them
# make check-asan      the suite with address and undefined-behaviour sanitizers
# make check-tsan      the concurrent tests with the thread sanitizer
# make check-valgrind  the suite under valgrind

# Programs for check-tsan.
TSAN_TESTS ?= test_threads test_events_threads test_iova_threads test_bulk_threads test_dma_map_threads

GATES := $(sort $(filter-out tests/gates/tap.sh,$(wildcard tests/gates/*.sh)))

.PHONY: check-gates check-uapi abi-baseline coverage check-asan check-tsan check-valgrind
check-gates: lib
	$(Q)$(SUITE) native $(addprefix --only ,$(GATES))

# Only says it: a kernel may be newer than the library.
check-uapi:
	$(Q)tests/gates/uapi.sh --list $(HEADERS)

abi-baseline:
	$(Q)tests/gates/abi.sh --baseline

# Each in a build folder of its own, so that they do not disturb the ordinary build.
ANOTHER = $(MAKE) --no-print-directory BUILD=$(1) CFLAGS='$(2)' LDFLAGS='$(3)' tests
ANOTHER_SUITE = TEST_BIN=$(abspath $(1))/tests LOGS=$(abspath $(1))/vm tests/vm/suite.sh --table $(BUILD)/programs

# Test programs alone: scripts and gates are the same with any flags.
$(BUILD)/programs: tests/suites
	@mkdir -p $(@D)
	@grep -v '^tests/' $< >$@

# The guest cannot write here: guest-run.sh lets what it counts go to the folder of results.
coverage: $(BUILD)/programs kernel
	$(Q)[ ! -d $(BUILD)/coverage ] || find $(BUILD)/coverage -name '*.gcda' -delete
	+$(Q)$(call ANOTHER,$(BUILD)/coverage,-O0 -g --coverage,--coverage)
	-$(Q)$(call ANOTHER_SUITE,$(BUILD)/coverage) main $(only)
	$(Q)tests/gates/coverage $(BUILD)/coverage

SAN_FLAGS := -O1 -g -fno-omit-frame-pointer
check-asan: $(BUILD)/programs kernel
	+$(Q)$(call ANOTHER,$(BUILD)/asan,$(SAN_FLAGS) -fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined,-fsanitize=address$(comma)undefined)
	$(Q)ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 TIME_SCALE=4 $(call ANOTHER_SUITE,$(BUILD)/asan) main $(only)

check-tsan: $(BUILD)/programs kernel
	+$(Q)$(call ANOTHER,$(BUILD)/tsan,$(SAN_FLAGS) -fsanitize=thread,-fsanitize=thread)
	$(Q)TSAN_OPTIONS=halt_on_error=1:die_after_fork=0 TIME_SCALE=6 \
		$(call ANOTHER_SUITE,$(BUILD)/tsan) main $(addprefix --only ,$(TSAN_TESTS))

# Without those that count system calls or have allocations fail: valgrind has its own of both.
$(BUILD)/programs-valgrind: $(BUILD)/programs
	@grep -lE 'counter_(begin|alloc_)' tests/test_*.c | sed 's|.*/||; s|\.c$$||' >$@.out
	@grep -vwFf $@.out $< >$@

# Scripts stand in for the programs.
check-valgrind: $(BUILD)/programs-valgrind tests kernel
	$(Q)tests/gates/valgrind $(BUILD)/tests $(BUILD)/valgrind/tests
	$(Q)TIME_SCALE=10 TEST_BIN=$(abspath $(BUILD))/valgrind/tests LOGS=$(abspath $(BUILD))/valgrind/vm \
		tests/vm/suite.sh --table $< main $(only)

comma := ,
