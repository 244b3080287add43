# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Intel VT-d, and devices that do DMA into each other's memory. The one whose BAR 2 is a file of the host has a bus of its
# own, by which it can be reset.

scenario_machine() {
	needs_device intel-iommu
	qemu -machine q35,kernel-irqchip=split -device intel-iommu,intremap=on
	add_nvme
	qemu -device edu,addr=9.0 -device pcie-root-port,id=rp,chassis=1,slot=1,addr=b.0
	add_shmem bus=rp
}

scenario_setup() {
	export IOMMUFD_VM_NVME=0000:00:08.0 IOMMUFD_VM_EDU=0000:00:09.0 IOMMUFD_VM_IVSHMEM=0000:01:00.0
	export IOMMUFD_VM_DISK IOMMUFD_VM_SHMEM
	use_vfio "$IOMMUFD_VM_NVME" "$IOMMUFD_VM_EDU" "$IOMMUFD_VM_IVSHMEM"
}
