# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# No IOMMU at all: devices in the unsafe mode. Since Linux 7.3 they have device files (noiommu-vfioN), before that
# only groups.

scenario_machine() {
	qemu -machine q35
	append vfio.enable_unsafe_noiommu_mode=1
	add_test_devices
}

scenario_setup() {
	use_test_devices
}
