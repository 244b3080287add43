# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# virtio-iommu as in scenario virtio, but the kernel refuses to bind devices (EPERM).

scenario_machine() {
	needs_device virtio-iommu-pci
	qemu -machine q35 -device virtio-iommu-pci
	add_test_devices
}

scenario_setup() {
	use_test_devices
}
