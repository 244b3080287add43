# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Intel VT-d in scalable mode, the tables of which have room for PASIDs.

scenario_machine() {
	needs_device intel-iommu
	qemu -machine q35,kernel-irqchip=split -device intel-iommu,intremap=on,x-scalable-mode=on
	add_test_devices
}

scenario_setup() {
	use_test_devices
}
