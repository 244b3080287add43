# SPDX-License-Identifier: MIT
#
# make bench-programs  what measures the helpers
# make bench           runs what needs no test machine

BENCH_SOURCES := $(sort $(wildcard bench/bench_*.c))
BENCH_PROGRAMS := $(BENCH_SOURCES:%.c=$(BUILD)/%)

.PHONY: bench bench-programs
bench-programs: $(BENCH_PROGRAMS)
bench: $(BUILD)/bench/bench_iova
	$(Q)$<

$(BENCH_PROGRAMS): $(BUILD)/bench/%: bench/%.c $(BUILD)/libiommufd-util.la $(BUILD)/gen/flags
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(LT_LINK) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS) -no-install -o $@ $< \
		$(BUILD)/libiommufd-util.la $(BUILD)/libiommufd.la
