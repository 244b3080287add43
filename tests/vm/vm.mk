# SPDX-License-Identifier: MIT
#
# make kernel kernel-lts kernel-debug   builds the test kernels (once; some minutes each)
# make demo-pasid                       examples/pasid on the kernel's mock driver
# make vm-shell SCENARIO=vtd            a shell in the test machine
#
# KERNEL names the kernel that check and vm-shell use: main, newest, a kernel source folder or an image of yours.

KERNEL ?= main
SCENARIO ?= vtd
SUITE = TEST_BIN=$(abspath $(BUILD))/tests LOGS=$(abspath $(BUILD))/vm tests/vm/suite.sh

.PHONY: setup kernel kernel-lts kernel-debug demo-pasid vm-shell check-vm check-lts-vm check-debug-vm

setup:
	$(Q)tests/vm/setup.sh

# The kernel build brings its own jobs and waits for others of its kind.
kernel: | $(SETUP)
	$(Q)tests/vm/kernel.sh build $(KERNEL)
kernel-lts: | $(SETUP)
	$(Q)tests/vm/kernel.sh build lts
kernel-debug: | $(SETUP)
	$(Q)tests/vm/kernel.sh build debug

demo-pasid: $(BUILD)/examples/pasid kernel
	$(Q)tests/vm/run.sh -k $(KERNEL) -s mock $(abspath $<)

vm-shell: kernel
	$(Q)tests/vm/run.sh -k $(KERNEL) -s $(SCENARIO) --shell

# On the kernel that the tests were written against nothing may be skipped.
check-vm: kernel
	$(Q)$(SUITE) $(KERNEL) $(if $(filter main,$(KERNEL)),--no-skip)
check-lts-vm: kernel-lts
	$(Q)$(SUITE) lts
check-debug-vm: kernel-debug
	$(Q)$(SUITE) debug
