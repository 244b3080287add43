# SPDX-License-Identifier: MIT
#
# A 32-bit program for the virtual machine, by a cross compiler.

CC_32 ?= i686-linux-gnu-gcc

tests: $(BUILD)/tests/compat32

# The sources anew: the objects of the build are 64-bit ones. Nobody minds that
# gcc 11 changed the alignment of 64-bit atomics there.
$(BUILD)/tests/compat32: tests/compat32/compat32.c $(LIB_SOURCES) \
		$(UTIL_SOURCES) $(LIB_HEADERS) $(UTIL_HEADERS) \
		libiommufd/internal.h libiommufd/uapi.h libiommufd/private.h \
		$(TEXTS) | $(SETUP)
	@mkdir -p $(@D)
	$(call say,CC_32,$<)$(CC_32) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
		-Iinclude -I$(BUILD)/gen -std=c11 $(WARNINGS) -Wno-psabi -O2 \
		-static \
		-o $@ $< $(LIB_SOURCES) $(UTIL_SOURCES)
