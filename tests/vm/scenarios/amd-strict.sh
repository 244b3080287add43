# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# AMD IOMMU as in scenario amd, but the kernel refuses to bind devices (EPERM).

scenario_machine() {
	needs_device amd-iommu
	qemu -machine q35 -device amd-iommu,intremap=off
	add_test_devices
}

scenario_setup() {
	use_test_devices
}
