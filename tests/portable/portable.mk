# SPDX-License-Identifier: MIT
#
# Runs of bits once more, as a processor without SSE2 finds them.

tests: $(BUILD)/tests/test_dirty_runs_portable

# The sources anew, which go before those of the library.
$(BUILD)/tests/test_dirty_runs_portable: $(BUILD)/tests/test_dirty_runs.o \
		libiommufd/util/dirty_runs.c libiommufd/util/dirty_list.c \
		libiommufd/util/dirty_runs.h libiommufd/util/internal.h \
		tests/portable/portable.mk \
		$(BUILD)/tests/libtest.a $(BUILD)/libiommufd-mock.a \
		$(BUILD)/libiommufd-util.la
	$(call say,LINK,$@)$(LT_LINK) $(ALL_CPPFLAGS) -U__SSE2__ $(ALL_CFLAGS) \
		$(LDFLAGS) -no-install -o $@ $< $(filter %/dirty_runs.c %/dirty_list.c,$^) \
		$(BUILD)/tests/libtest.a $(BUILD)/libiommufd-mock.a \
		$(BUILD)/libiommufd-util.la $(BUILD)/libiommufd.la \
		$$($(PKG_CONFIG) --libs check) -lpthread
