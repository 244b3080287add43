# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# An NVMe controller with virtual functions, all with vfio-pci: VF tokens. It has no disk behind it.

scenario_machine() {
	needs_device nvme-subsys
	qemu -machine q35,kernel-irqchip=split -device intel-iommu,intremap=on \
		-device pcie-root-port,id=rp,chassis=1,slot=1,addr=8.0 \
		-device nvme-subsys,id=subsys \
		-device nvme,serial=test,subsys=subsys,bus=rp,sriov_max_vfs=2,sriov_vq_flexible=4,sriov_vi_flexible=2
	append vfio_pci.enable_sriov=1
}

scenario_setup() {
	export IOMMUFD_VM_PF=0000:01:00.0 IOMMUFD_VM_VF_A=0000:01:00.1 IOMMUFD_VM_VF_B=0000:01:00.2
	use_vfio "$IOMMUFD_VM_PF"
	echo 2 >"/sys/bus/pci/devices/$IOMMUFD_VM_PF/sriov_numvfs"
	[ -e "/sys/bus/pci/devices/$IOMMUFD_VM_VF_B/vfio-dev" ] || fail 'no virtual functions appeared'
}
