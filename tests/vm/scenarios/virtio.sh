# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# virtio-iommu. It does not isolate interrupts, so the kernel is told to accept that.

scenario_machine() {
	needs_device virtio-iommu-pci
	qemu -machine q35 -device virtio-iommu-pci
	append iommufd.allow_unsafe_interrupts=1
	add_test_devices
}

scenario_setup() {
	use_test_devices
}
