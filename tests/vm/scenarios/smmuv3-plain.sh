# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Arm SMMUv3 as QEMU makes it: the platform does not promise coherent DMA, and so the kernel offers no vIOMMU. There are
# nest parents all the same. Only for arm64.

scenario_archs() { echo arm64; }

scenario_machine() {
	smmuv3_machine
	add_test_devices
	add_other_edu
}

scenario_setup() {
	use_test_devices
	use_other_edu
}
