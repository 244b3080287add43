# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Intel VT-d: of the emulated IOMMUs the one that behaves best. Devices for VFIO behind it.

scenario_machine() {
	needs_device intel-iommu
	qemu -machine q35,kernel-irqchip=split -device intel-iommu,intremap=on
	add_test_devices
}

scenario_setup() {
	use_test_devices
}
