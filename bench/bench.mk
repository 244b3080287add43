# SPDX-License-Identifier: MIT
#
# make bench           the benchmarks that need no machine of their own: tables, and build/bench/NAME.csv
# make bench-programs  builds them

# bench/bench_NAME.c is a program; the other files are what they share. A program that needs a virtual machine is named
# in BENCH_MACHINE as well, and not run here.
BENCH_MACHINE ?=
BENCH_SOURCES := $(sort $(wildcard bench/bench_*.c))
BENCH_PROGRAMS := $(BENCH_SOURCES:%.c=$(BUILD)/%)
BENCH_COMMON := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(BENCH_SOURCES),$(sort $(wildcard bench/*.c))))
BENCH_NATIVE := $(filter-out $(BENCH_MACHINE:%=$(BUILD)/bench/%),$(BENCH_PROGRAMS))

.PHONY: bench bench-programs
bench-programs: $(BENCH_PROGRAMS)

bench: bench-programs
	$(Q)for program in $(BENCH_NATIVE); do $$program --csv $$program.csv || exit 1; done

$(BUILD)/bench/%.o: bench/%.c Makefile bench/bench.mk $(BUILD)/gen/flags | $(SETUP)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) -Ibench $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -MT $@ -c -o $@ $<

$(BUILD)/bench/libbench.a: $(BENCH_COMMON)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(BENCH_PROGRAMS): $(BUILD)/bench/%: $(BUILD)/bench/%.o $(BUILD)/bench/libbench.a $(BUILD)/libiommufd-util.la
	$(call say,LINK,$@)$(LT_LINK) $(ALL_CFLAGS) $(LDFLAGS) -no-install -o $@ $< $(BUILD)/bench/libbench.a \
		$(BUILD)/libiommufd-util.la $(BUILD)/libiommufd.la -lpthread -lm
