# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Two DMA engines (edu) behind a bridge to conventional PCI: one IOMMU group, and one bus that can be reset as a whole.

scenario_machine() {
	needs_device intel-iommu
	qemu -machine q35,kernel-irqchip=split -device intel-iommu,intremap=on \
		-device pcie-pci-bridge,id=bridge,addr=8.0 \
		-device edu,bus=bridge,addr=1.0 -device edu,bus=bridge,addr=2.0
}

scenario_setup() {
	export IOMMUFD_VM_EDU_A=0000:01:01.0 IOMMUFD_VM_EDU_B=0000:01:02.0
	use_vfio "$IOMMUFD_VM_EDU_A" "$IOMMUFD_VM_EDU_B"
}
