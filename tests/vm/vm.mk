# SPDX-License-Identifier: MIT
#
# make kernel kernel-lts kernel-debug   builds the test kernels (once; some minutes each)
# make check-arm64                        the suite on arm64, everything by a cross compiler: mock driver, SMMUv3
# make coverage-arm64                     the lines that "make coverage" has counted, and those reached on arm64
# make kernel-arm64 tests-arm64           what that needs: kernel, QEMU, the guest's system; the programs
# make demo-bulk demo-dma-pool demo-fault-handler demo-hand-over demo-nested-guest demo-pasid    an example in the test machine
# make demo-peer-to-peer demo-precopy demo-smmu-guest    more of them
# make vm-shell SCENARIO=vtd            a shell in the test machine
#
# KERNEL names the kernel that check and vm-shell use: main, newest, a kernel source folder or an image of yours. ONLY names
# test programs, gates or scenarios, to which all that begins with check is restricted.

KERNEL ?= main
SCENARIO ?= vtd
ONLY ?=
only = $(addprefix --only ,$(ONLY))
SUITE = TEST_BIN=$(abspath $(BUILD))/tests LOGS=$(abspath $(BUILD))/vm tests/vm/suite.sh

.PHONY: setup kernel kernel-lts kernel-debug kernel-arm64 tests-arm64 check-arm64 coverage-arm64 vm-shell check-vm check-lts-vm check-debug-vm

setup:
	$(Q)tests/vm/setup.sh

# The kernel build brings its own jobs and waits for others of its kind.
kernel: | $(SETUP)
	$(Q)tests/vm/kernel.sh build $(KERNEL)
kernel-lts: | $(SETUP)
	$(Q)tests/vm/kernel.sh build lts
kernel-debug: | $(SETUP)
	$(Q)tests/vm/kernel.sh build debug
# First the machine, without which the kernel is of no use.
kernel-arm64: | $(SETUP)
	$(Q)tests/vm/arm64.sh fetch
	$(Q)tests/vm/kernel.sh build arm64

# Everything anew by cross compilers, in a folder of its own. Check is that of the guest's system, and libtool one that
# knows other tools.
ARM64_BUILD := $(BUILD)/arm64
CROSS_ARM64 ?= aarch64-linux-gnu-
ARM64_CHECK = env PKG_CONFIG_SYSROOT_DIR=$(1) PKG_CONFIG_LIBDIR=$(1)/usr/lib/aarch64-linux-gnu/pkgconfig pkg-config
ARM64_MAKE = root=$$(tests/vm/arm64.sh path root) && $(MAKE) --no-print-directory BUILD=$(ARM64_BUILD) \
	CC=$(CROSS_ARM64)gcc AR=$(CROSS_ARM64)ar CC_32=arm-linux-gnueabihf-gcc LIBTOOL=$(ARM64_BUILD)/libtool \
	PKG_CONFIG="$(call ARM64_CHECK,$$root)"

$(ARM64_BUILD)/libtool: tests/vm/vm.mk | $(SETUP)
	@mkdir -p $(@D)
	$(Q)sed -E -e 's/^(LT)?CC=.*/\1CC="$(CROSS_ARM64)gcc"/' \
		-e 's/^(AR|NM|OBJDUMP|RANLIB|STRIP)="[^ "]*/\1="$(CROSS_ARM64)\L\1/' \
		-e 's/^LD=.*/LD="$(CROSS_ARM64)ld"/' "$$(command -v $(LIBTOOL))" >$@
	@chmod +x $@

tests-arm64: kernel-arm64 $(ARM64_BUILD)/libtool
	+$(Q)$(ARM64_MAKE) tests
check-arm64: tests-arm64
	$(Q)TEST_BIN=$(abspath $(ARM64_BUILD))/tests LOGS=$(abspath $(BUILD))/vm tests/vm/suite.sh arm64 --no-skip $(only)

# With those that "make coverage" counted before.
COVERAGE_ARM64 = $(BUILD)/coverage-arm64
coverage-arm64: $(BUILD)/programs kernel-arm64 $(ARM64_BUILD)/libtool
	$(Q)[ ! -d $(COVERAGE_ARM64) ] || find $(COVERAGE_ARM64) -name '*.gcda' -delete
	+$(Q)$(ARM64_MAKE) BUILD=$(COVERAGE_ARM64) CFLAGS='-O0 -g --coverage' LDFLAGS=--coverage tests
	-$(Q)$(call ANOTHER_SUITE,$(COVERAGE_ARM64)) arm64 $(only)
	$(Q)tests/gates/coverage $(wildcard $(BUILD)/coverage) $(COVERAGE_ARM64)=$(CROSS_ARM64)

vm-shell: kernel
	$(Q)tests/vm/run.sh -k $(KERNEL) -s $(SCENARIO) --shell

# Examples, each with its machine: one row gives "make demo-NAME". Arguments go to them in DEMO_ARGS.
DEMOS := \
	bulk:mock \
	fault-handler:mock \
	nested-guest:mock \
	pasid:mock \
	precopy:mock

define demo_rule
.PHONY: demo-$(1)
demo-$(1): $(BUILD)/examples/$(1) kernel
	$$(Q)tests/vm/run.sh -k $$(KERNEL) -s $(2) -- $$(abspath $$<) $$(DEMO_ARGS)
endef
$(foreach d,$(DEMOS),$(eval $(call demo_rule,$(firstword $(subst :, ,$(d))),$(lastword $(subst :, ,$(d))))))

# The guest knows where the devices are.
.PHONY: demo-peer-to-peer
demo-peer-to-peer: $(BUILD)/examples/peer-to-peer kernel
	$(Q)tests/vm/run.sh -k $(KERNEL) -s p2p -- /bin/sh -c 'exec "$$0" "$$IOMMUFD_VM_NVME" "$$IOMMUFD_VM_IVSHMEM" 2' \
		$(abspath $<)

# Those that read the NVMe disk, and compare it with its image. The guest knows where both are.
DISK_DEMOS := dma-pool hand-over

define disk_demo_rule
.PHONY: demo-$(1)
demo-$(1): $(BUILD)/examples/$(1) kernel
	$$(Q)tests/vm/run.sh -k $$(KERNEL) -s vtd -- /bin/sh -c \
		'demo=$$$$1; shift; exec "$$$$demo" --disk "$$$$IOMMUFD_VM_DISK" "$$$$@" "$$$$IOMMUFD_VM_NVME"' \
		demo $$(abspath $$<) $$(DEMO_ARGS)
endef
$(foreach d,$(DISK_DEMOS),$(eval $(call disk_demo_rule,$(d))))

# On the machine for arm64.
.PHONY: demo-smmu-guest
demo-smmu-guest: kernel-arm64 $(ARM64_BUILD)/libtool
	+$(Q)$(ARM64_MAKE) $(ARM64_BUILD)/examples/smmu-guest
	$(Q)tests/vm/run.sh -k arm64 -s smmuv3 -- $(abspath $(ARM64_BUILD))/examples/smmu-guest $(DEMO_ARGS)

# On the kernel that the tests were written against nothing may be skipped.
check-vm: kernel
	$(Q)$(SUITE) $(KERNEL) $(if $(filter main,$(KERNEL)),--no-skip) $(only)
check-lts-vm: kernel-lts
	$(Q)$(SUITE) lts $(only)
check-debug-vm: kernel-debug
	$(Q)$(SUITE) debug $(only)
