# SPDX-License-Identifier: MIT
#
# make                 both libraries, shared and static, and the examples
# make setup           install what building and testing needs (Debian)
# make check           the whole test suite; ONLY="test_ioas vtd style" for some programs, scenarios or gates
# make check-lts       the same on Linux 6.12, natively only what is about a kernel's headers
# make check-debug     the same on a kernel with KASAN, UBSAN, lockdep and kmemleak
# make demo            an NVMe controller in a virtual machine
# make install         to $(DESTDIR)$(prefix); make uninstall
# make install-mock    calls for the kernel's mock driver, for tests of others; unstable
# make tests           the test programs, without running them
# make dist            a tar file of what git knows
# make help            the other targets
#
# CFLAGS, CPPFLAGS, LDFLAGS, CC, prefix, libdir and the like are the user's; all
# that is made goes to $(BUILD).

.DELETE_ON_ERROR:
.SUFFIXES:

SHELL := /bin/sh
BUILD ?= build

# libtool takes no other names; better said now than in the middle.
ifneq ($(words $(CURDIR)) $(words $(BUILD)),1 1)
$(error the folders of source and build must have no blanks in their names)
endif
# As after "sudo make", which is needed for nothing but the step "setup".
ifneq ($(shell [ ! -e $(BUILD) ] || [ -w $(BUILD) ] || echo no),)
$(error $(BUILD) cannot be written to; if it is another user's: sudo chown -R $$USER $(BUILD))
endif

CFLAGS ?= -O2 -g
CLANG_FORMAT ?= clang-format
DOXYGEN ?= doxygen
INSTALL ?= install
LIBTOOL ?= libtool
PKG_CONFIG ?= pkg-config

prefix ?= /usr/local
exec_prefix ?= $(prefix)
libdir ?= $(exec_prefix)/lib
includedir ?= $(prefix)/include
mandir ?= $(prefix)/share/man
docdir ?= $(prefix)/share/doc/libiommufd
pkgconfigdir ?= $(libdir)/pkgconfig

version_part = $(shell sed -n \
	's/^\#define IOMMUFD_VERSION_$(1) //p' include/iommufd/version.h)
VERSION := $(call version_part,MAJOR).$(call version_part,MINOR).$(call \
	version_part,PATCH)

# libtool's current:revision:age, set at a release only: new code alone
# revision+1; symbols added current+1, revision 0, age+1; symbols removed or
# changed current+1, revision 0, age 0. Before 1.0 the soname stays 0.
LIB_VERSION_INFO := 0:0:0
UTIL_VERSION_INFO := 0:0:0

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow
ifneq ($(WERROR),)
WARNINGS += -Werror
endif

# What the sources need, around what the user wants.
ALL_CPPFLAGS = -D_GNU_SOURCE -Iinclude -I$(BUILD)/gen $(CPPFLAGS)
ALL_CFLAGS = -std=c11 $(WARNINGS) $(CFLAGS)
LIB_CFLAGS = $(ALL_CFLAGS) -fvisibility=hidden
TEST_CPPFLAGS = -Ilibiommufd -Itests -Itests/mock $(ALL_CPPFLAGS)

# V=1 shows the commands.
ifeq ($(V),)
Q = @
say = @printf '  %-7s %s\n' '$(1)' '$(2)';
else
say =
endif

LT = $(LIBTOOL) --quiet --tag=CC
# The archives too may become a part of a shared object.
LT_COMPILE = $(LT) --mode=compile $(CC) -prefer-pic
LT_LINK = $(LT) --mode=link $(CC)

# With "make -j setup demo" nothing may begin before the tools are there.
SETUP := $(filter setup,$(MAKECMDGOALS))

.PHONY: all lib examples tests
all: lib examples
lib: $(BUILD)/libiommufd.la $(BUILD)/libiommufd-util.la

# What was asked for the last time: other flags or another place make anew.
remember = @mkdir -p $(@D); printf '%s\n' '$(1)' | cmp -s - $@ || \
	printf '%s\n' '$(1)' >$@
$(BUILD)/gen/flags: always
	$(call remember,$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS))
$(BUILD)/gen/place: always
	$(call remember,$(libdir) $(LDFLAGS))

# ---- the libraries -------------------------------------------------------

LIB_SOURCES := $(sort $(wildcard libiommufd/*.c))
UTIL_SOURCES := $(sort $(wildcard libiommufd/util/*.c))
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/%.lo)
UTIL_OBJECTS := $(UTIL_SOURCES:%.c=$(BUILD)/%.lo)
TEXTS := $(addprefix $(BUILD)/gen/,causes.inc classes.inc ops.inc)

# -MT: without it the rule would name the .o inside of .libs.
$(BUILD)/libiommufd/%.lo: libiommufd/%.c Makefile $(BUILD)/gen/flags \
		| $(TEXTS) $(SETUP)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(LT_COMPILE) $(ALL_CPPFLAGS) $(LIB_CFLAGS) -MMD -MP -MT $@ \
		-MF $(@:.lo=.d) -c -o $@ $<

$(BUILD)/libiommufd.la: $(LIB_OBJECTS) libiommufd/libiommufd.map \
		$(BUILD)/gen/place
	$(call say,LINK,$@)$(LT_LINK) $(LIB_CFLAGS) $(LDFLAGS) -no-undefined -rpath $(libdir) \
		-version-info $(LIB_VERSION_INFO) -Wl,-z,defs \
		-Wl,--version-script=libiommufd/libiommufd.map \
		-o $@ $(LIB_OBJECTS)

$(BUILD)/libiommufd-util.la: $(UTIL_OBJECTS) $(BUILD)/libiommufd.la \
		libiommufd/util/libiommufd-util.map $(BUILD)/gen/place
	$(call say,LINK,$@)$(LT_LINK) $(LIB_CFLAGS) $(LDFLAGS) -no-undefined -rpath $(libdir) \
		-version-info $(UTIL_VERSION_INFO) -Wl,-z,defs \
		-Wl,--version-script=libiommufd/util/libiommufd-util.map \
		-o $@ $(UTIL_OBJECTS) $(BUILD)/libiommufd.la

UTIL_HEADERS := $(sort $(wildcard include/iommufd/util/*.h))
texts = awk -v prefix=$(1) -f libiommufd/texts.awk $(filter %.h,$^) >$@
$(BUILD)/gen/causes.inc: include/iommufd/causes.h libiommufd/texts.awk
	@mkdir -p $(@D)
	$(Q)$(call texts,IOMMUFD_CAUSE_)
$(BUILD)/gen/classes.inc: include/iommufd/error.h libiommufd/texts.awk
	@mkdir -p $(@D)
	$(Q)$(call texts,IOMMUFD_CLASS_)
$(BUILD)/gen/ops.inc: include/iommufd/failure.h $(UTIL_HEADERS) libiommufd/texts.awk
	@mkdir -p $(@D)
	$(Q)$(call texts,IOMMUFD_OP_)

# ---- the examples --------------------------------------------------------

# NAME.c and, where a program has several files, NAME-PART.c.
EXAMPLES := dma-pool first hand-over iommufd-info nvme-dma peer-to-peer smmu-guest
# Those that work on the kernel's mock driver are built with the tests.
MOCK_EXAMPLES := bulk fault-handler nested-guest pasid precopy
example_sources = $(sort $(wildcard examples/$(1).c examples/$(1)-*.c))
example_objects = $(patsubst %.c,$(BUILD)/%.o,$(call example_sources,$(1)))

examples: $(EXAMPLES:%=$(BUILD)/examples/%)

$(BUILD)/examples/%.o: examples/%.c Makefile $(BUILD)/gen/flags | $(SETUP)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -MT $@ -c \
		-o $@ $<

# -no-install: the program itself, not a wrapper script that cannot run on the
# read-only file system of a virtual machine.
define example_rule
$(BUILD)/examples/$(1): $(call example_objects,$(1)) \
		$(BUILD)/libiommufd-util.la
	$$(call say,LINK,$$@)$$(LT_LINK) $$(ALL_CFLAGS) $$(LDFLAGS) -no-install -o $$@ $$(filter \
		%.o %.a,$$^) $(BUILD)/libiommufd-util.la $(BUILD)/libiommufd.la
endef
$(foreach e,$(EXAMPLES) $(MOCK_EXAMPLES),$(eval $(call example_rule,$(e))))
# They too read an NVMe disk.
NVME_DRIVER := $(BUILD)/examples/nvme-dma-driver.o $(BUILD)/examples/nvme-dma-queues.o
$(addprefix $(BUILD)/examples/,dma-pool hand-over peer-to-peer): $(NVME_DRIVER)

# They include the mock support's header by the name that it has when installed.
MOCK_EXAMPLE_PROGRAMS := $(MOCK_EXAMPLES:%=$(BUILD)/examples/%)
$(MOCK_EXAMPLE_PROGRAMS): $(BUILD)/libiommufd-mock.a
$(foreach e,$(MOCK_EXAMPLES),$(call example_objects,$(e))): \
		$(BUILD)/gen/iommufd/iommufd-mock.h
$(BUILD)/gen/iommufd/iommufd-mock.h: tests/mock/iommufd-mock.h
	@mkdir -p $(@D)
	$(Q)cp $< $@

# ---- the mock support and the tests --------------------------------------

MOCK_SOURCES := $(sort $(wildcard tests/mock/*.c))
MOCK_OBJECTS := $(MOCK_SOURCES:%.c=$(BUILD)/%.o)
TEST_SOURCES := $(sort $(wildcard tests/test_*.c))
TEST_PROGRAMS := $(TEST_SOURCES:%.c=$(BUILD)/%)
TEST_COMMON := $(patsubst %.c,$(BUILD)/%.o,$(filter-out \
	$(TEST_SOURCES),$(sort $(wildcard tests/*.c))))
# A guest's page tables and an NVMe driver are in the examples.
TEST_COMMON += $(BUILD)/examples/smmu-guest-tables.o $(NVME_DRIVER)

tests: $(TEST_PROGRAMS) examples $(MOCK_EXAMPLE_PROGRAMS)

$(BUILD)/libiommufd-mock.a: $(MOCK_OBJECTS)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/tests/libtest.a: $(TEST_COMMON)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/tests/%.o: tests/%.c Makefile $(BUILD)/gen/flags | $(TEXTS) $(SETUP)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(TEST_CPPFLAGS) $(ALL_CFLAGS) $$($(PKG_CONFIG) --cflags check) \
		-MMD -MP -MT $@ -c -o $@ $<

$(TEST_PROGRAMS): $(BUILD)/tests/%: $(BUILD)/tests/%.o \
		$(BUILD)/tests/libtest.a $(BUILD)/libiommufd-mock.a \
		$(BUILD)/libiommufd-util.la
	$(call say,LINK,$@)$(LT_LINK) $(ALL_CFLAGS) $(LDFLAGS) -no-install -o $@ $< \
		$(BUILD)/tests/libtest.a $(BUILD)/libiommufd-mock.a \
		$(BUILD)/libiommufd-util.la $(BUILD)/libiommufd.la \
		$$($(PKG_CONFIG) --libs check) -lpthread

.PHONY: check check-lts check-debug demo
check: tests check-vm
check-vm check-lts-vm check-debug-vm: tests
check-lts: tests check-lts-vm
check-debug: tests check-debug-vm
demo: $(BUILD)/examples/nvme-dma kernel
	$(Q)DEMO_KERNEL=$(KERNEL) tests/vm/demo.sh $(DEMO_ARGS)

# ---- installing ----------------------------------------------------------

PC_FILES := $(BUILD)/libiommufd.pc $(BUILD)/libiommufd-util.pc

# Below the prefix a .pc file names folders by the prefix, so that it can move.
below_prefix = $(patsubst $(prefix)/%,$${prefix}/%,$(1))

# Rewritten each time: it depends on what the user says, not on files. Not in place: the last one may be root's.
$(PC_FILES) $(BUILD)/libiommufd-mock.pc: $(BUILD)/%.pc: always
	@mkdir -p $(@D)
	@sed -e 's|@prefix@|$(prefix)|' \
		-e 's|@exec_prefix@|$(patsubst $(prefix),$${prefix},$(exec_prefix))|' \
		-e 's|@libdir@|$(call below_prefix,$(libdir))|' \
		-e 's|@includedir@|$(call below_prefix,$(includedir))|' \
		-e 's|@version@|$(VERSION)|' \
		$(wildcard $*.pc.in tests/mock/$*.pc.in) >$@.tmp
	@mv -f $@.tmp $@

LIB_HEADERS := $(sort $(wildcard include/iommufd/*.h))

.PHONY: always install uninstall install-mock uninstall-mock
install install-mock uninstall uninstall-mock: | absolute-destdir
.PHONY: absolute-destdir
absolute-destdir:
	@case '$(DESTDIR)' in \
	*' '*) echo 'DESTDIR must have no blanks' >&2; exit 1 ;; \
	'' | /*) ;; \
	*) echo 'DESTDIR must be an absolute path' >&2; exit 1 ;; \
	esac
install: lib $(PC_FILES)
	$(INSTALL) -d $(DESTDIR)$(libdir) $(DESTDIR)$(pkgconfigdir) \
		$(DESTDIR)$(includedir)/iommufd/util
	$(LT) --mode=install $(INSTALL) $(BUILD)/libiommufd.la \
		$(DESTDIR)$(libdir)
	$(LT) --mode=install $(INSTALL) $(BUILD)/libiommufd-util.la \
		$(DESTDIR)$(libdir)
	rm -f $(DESTDIR)$(libdir)/libiommufd.la \
		$(DESTDIR)$(libdir)/libiommufd-util.la
	$(INSTALL) -m 644 $(LIB_HEADERS) $(DESTDIR)$(includedir)/iommufd
	$(INSTALL) -m 644 $(UTIL_HEADERS) $(DESTDIR)$(includedir)/iommufd/util
	$(INSTALL) -m 644 $(PC_FILES) $(DESTDIR)$(pkgconfigdir)

uninstall:
	rm -f $(DESTDIR)$(libdir)/libiommufd.a \
		$(DESTDIR)$(libdir)/libiommufd.so* \
		$(DESTDIR)$(libdir)/libiommufd-util.a \
		$(DESTDIR)$(libdir)/libiommufd-util.so* \
		$(PC_FILES:$(BUILD)/%=$(DESTDIR)$(pkgconfigdir)/%)
	rm -f $(LIB_HEADERS:include/%=$(DESTDIR)$(includedir)/%) \
		$(UTIL_HEADERS:include/%=$(DESTDIR)$(includedir)/%)
	-rmdir $(DESTDIR)$(includedir)/iommufd/util \
		$(DESTDIR)$(includedir)/iommufd

# Unstable, for the tests of other projects: the mock driver's command is no
# kernel ABI.
install-mock: $(BUILD)/libiommufd-mock.a $(BUILD)/libiommufd-mock.pc
	$(INSTALL) -d $(DESTDIR)$(libdir) $(DESTDIR)$(pkgconfigdir) \
		$(DESTDIR)$(includedir)/iommufd
	$(INSTALL) -m 644 $(BUILD)/libiommufd-mock.a $(DESTDIR)$(libdir)
	$(INSTALL) -m 644 tests/mock/iommufd-mock.h \
		$(DESTDIR)$(includedir)/iommufd
	$(INSTALL) -m 644 $(BUILD)/libiommufd-mock.pc \
		$(DESTDIR)$(pkgconfigdir)

uninstall-mock:
	rm -f $(DESTDIR)$(libdir)/libiommufd-mock.a \
		$(DESTDIR)$(includedir)/iommufd/iommufd-mock.h \
		$(DESTDIR)$(pkgconfigdir)/libiommufd-mock.pc

# ---- the rest ------------------------------------------------------------

.PHONY: clean dist format check-format help
clean:
	rm -rf $(BUILD)

# What git knows, so nothing else can slip in. In two steps: a pipe would hide
# that git failed.
dist:
	@mkdir -p $(BUILD)
	git archive --prefix=libiommufd-$(VERSION)/ \
		-o $(BUILD)/libiommufd-$(VERSION).tar HEAD
	gzip -9nf $(BUILD)/libiommufd-$(VERSION).tar
	@echo $(BUILD)/libiommufd-$(VERSION).tar.gz

FORMATTED := $(sort $(wildcard $(addsuffix /*.[ch],include/iommufd \
	include/iommufd/util libiommufd libiommufd/util bench examples tests \
	tests/mock tests/vm)))
format:
	$(CLANG_FORMAT) -i $(FORMATTED)
check-format:
	$(CLANG_FORMAT) --dry-run --Werror $(FORMATTED)

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile bench/*.mk tests/*/*.mk doc/*.mk

include $(wildcard bench/*.mk tests/*/*.mk doc/*.mk)
include $(wildcard $(BUILD)/libiommufd/*.d $(BUILD)/libiommufd/util/*.d \
	$(BUILD)/examples/*.d $(BUILD)/tests/*.d $(BUILD)/tests/mock/*.d \
	$(BUILD)/bench/*.d)
