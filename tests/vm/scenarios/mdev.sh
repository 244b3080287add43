# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# An emulated device (mdev) beside the physical ones of scenario vtd.

scenario_machine() {
	needs_device intel-iommu
	qemu -machine q35,kernel-irqchip=split -device intel-iommu,intremap=on
	add_test_devices
}

scenario_setup() {
	use_test_devices
	use_mtty
}
