# SPDX-License-Identifier: MIT
#
# make bench           all benchmarks: tables, build/bench/NAME.csv, and plots where gnuplot is there
# make bench-vm        those that need a kernel with iommufd alone: BENCH_DEVICE=PCI-ADDRESS here, else the test machine
# make bench-plots     plots of the last run, build/bench/NAME.svg
# make bench-doc       make bench, and its tables and plots into doc/performance.md
# make bench-programs  builds them

# bench/bench_NAME.c is a program; the other files are what they share. A program that needs a kernel with iommufd and a
# device is named here as well, and run by machine.sh.
BENCH_MACHINE := bench_map bench_bulk
BENCH_SOURCES := $(sort $(wildcard bench/bench_*.c))
BENCH_PROGRAMS := $(BENCH_SOURCES:%.c=$(BUILD)/%)
# Whatever has this one reaches no kernel by ioctl().
BENCH_FAKE := bench/fake_ioas.c
BENCH_COMMON := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(BENCH_SOURCES) $(BENCH_FAKE),$(sort $(wildcard bench/*.c))))
BENCH_NATIVE := $(filter-out $(BENCH_MACHINE:%=$(BUILD)/bench/%),$(BENCH_PROGRAMS))

.PHONY: bench bench-vm bench-plots bench-doc bench-programs
bench-programs: $(BENCH_PROGRAMS)

bench: bench-programs
	$(Q)rm -f $(BUILD)/bench/*.csv $(BUILD)/bench/*.svg
	$(Q)for program in $(BENCH_NATIVE); do $$program --csv $$program.csv || exit 1; done
	$(Q)bench/machine.sh $(BUILD)/bench $(BENCH_MACHINE)
	$(Q)bench/plots.sh --if-possible $(BUILD)/bench

bench-vm: bench-programs
	$(Q)bench/machine.sh $(BUILD)/bench $(BENCH_MACHINE)

bench-plots:
	$(Q)bench/plots.sh $(BUILD)/bench

# Without gnuplot it ends before anything is measured.
bench-doc: bench-programs
	$(Q)bench/plots.sh
	+$(Q)$(MAKE) --no-print-directory bench
	$(Q)bench/doc.sh $(BUILD)/bench doc/performance.md >$(BUILD)/performance.md
	$(Q)mv $(BUILD)/performance.md doc/performance.md
	$(Q)cp $(BUILD)/bench/*.svg doc/

# The suite has a short run of each.
tests: bench-programs

$(BUILD)/bench/%.o: bench/%.c Makefile bench/bench.mk $(BUILD)/gen/flags | $(SETUP)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) -Ibench $(TEST_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -MT $@ -c -o $@ $<

$(BUILD)/bench/libbench.a: $(BENCH_COMMON)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(BENCH_NATIVE): $(BENCH_FAKE:%.c=$(BUILD)/%.o)
$(BENCH_PROGRAMS): $(BUILD)/bench/%: $(BUILD)/bench/%.o $(BUILD)/bench/libbench.a $(BUILD)/libiommufd-util.la
	$(call say,LINK,$@)$(LT_LINK) $(ALL_CFLAGS) $(LDFLAGS) -no-install -o $@ $(filter %.o,$^) $(BUILD)/bench/libbench.a \
		$(BUILD)/libiommufd-util.la $(BUILD)/libiommufd.la -lpthread -lm
