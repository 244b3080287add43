# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The mock driver only: no IOMMU, no devices.

scenario_archs() { echo x86 arm64; }

scenario_machine() {
	if [ "$ARCH" = arm64 ]; then
		qemu -machine virt,gic-version=3
	else
		qemu -machine q35
	fi
}

scenario_setup() {
	[ -e /sys/kernel/debug/fail_iommufd ] || fail 'the kernel has no iommufd mock driver'
}
