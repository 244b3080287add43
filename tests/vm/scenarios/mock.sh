# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The mock driver only: no IOMMU, no devices.

scenario_machine() {
	qemu -machine q35
}

scenario_setup() {
	[ -e /sys/kernel/debug/fail_iommufd ] || fail 'the kernel has no iommufd mock driver'
}
