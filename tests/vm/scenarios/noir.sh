# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Intel VT-d without interrupt remapping: the kernel refuses to bind devices (EPERM).

scenario_machine() {
	needs_device intel-iommu
	qemu -machine q35,kernel-irqchip=split -device intel-iommu,intremap=off
	add_test_devices
}

scenario_setup() {
	use_test_devices
}
