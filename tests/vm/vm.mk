# SPDX-License-Identifier: MIT
#
# make kernel kernel-lts kernel-debug   builds the test kernels (once; some minutes each)
# make demo-fault-handler demo-nested-guest demo-pasid    an example in the test machine
# make vm-shell SCENARIO=vtd            a shell in the test machine
#
# KERNEL names the kernel that check and vm-shell use: main, newest, a kernel source folder or an image of yours.

KERNEL ?= main
SCENARIO ?= vtd
SUITE = TEST_BIN=$(abspath $(BUILD))/tests LOGS=$(abspath $(BUILD))/vm tests/vm/suite.sh

.PHONY: setup kernel kernel-lts kernel-debug vm-shell check-vm check-lts-vm check-debug-vm

setup:
	$(Q)tests/vm/setup.sh

# The kernel build brings its own jobs and waits for others of its kind.
kernel: | $(SETUP)
	$(Q)tests/vm/kernel.sh build $(KERNEL)
kernel-lts: | $(SETUP)
	$(Q)tests/vm/kernel.sh build lts
kernel-debug: | $(SETUP)
	$(Q)tests/vm/kernel.sh build debug

vm-shell: kernel
	$(Q)tests/vm/run.sh -k $(KERNEL) -s $(SCENARIO) --shell

# Examples, each with its machine: one row gives "make demo-NAME". Arguments go to them in DEMO_ARGS.
DEMOS := \
	fault-handler:mock \
	nested-guest:mock \
	pasid:mock

define demo_rule
.PHONY: demo-$(1)
demo-$(1): $(BUILD)/examples/$(1) kernel
	$$(Q)tests/vm/run.sh -k $$(KERNEL) -s $(2) -- $$(abspath $$<) $$(DEMO_ARGS)
endef
$(foreach d,$(DEMOS),$(eval $(call demo_rule,$(firstword $(subst :, ,$(d))),$(lastword $(subst :, ,$(d))))))

# On the kernel that the tests were written against nothing may be skipped.
check-vm: kernel
	$(Q)$(SUITE) $(KERNEL) $(if $(filter main,$(KERNEL)),--no-skip)
check-lts-vm: kernel-lts
	$(Q)$(SUITE) lts
check-debug-vm: kernel-debug
	$(Q)$(SUITE) debug
