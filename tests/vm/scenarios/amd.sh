# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# AMD IOMMU. Interrupts are not isolated (whether they could be depends on the kernel version), and the kernel is told
# to accept that.

scenario_machine() {
	needs_device amd-iommu
	qemu -machine q35 -device amd-iommu,intremap=off
	append iommufd.allow_unsafe_interrupts=1
	add_test_devices
}

scenario_setup() {
	use_test_devices
}
