# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Arm SMMUv3, where nested translation really runs: DMA goes through page tables of a guest's and those of the nest
# parent. Only for arm64.

scenario_archs() { echo arm64; }

scenario_machine() {
	smmuv3_machine
	correct_iort
	add_test_devices
	add_other_edu
}

scenario_setup() {
	cmp -s "$CTL/iort" /sys/firmware/acpi/tables/IORT ||
		fail 'the kernel did not take the corrected IORT, and so offers no vIOMMU'
	use_test_devices
	use_other_edu
}
