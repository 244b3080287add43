# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The devices that scenarios share, for both sides: host functions that put them into the machine, guest functions
# that hand them to VFIO and tell the tests where they are. Sourced by run.sh (bash) and by the guest's init (sh).

# --- host -----------------------------------------------------------------------------------------------------------

# An NVMe disk with a controller memory buffer.
add_nvme() {
	make_disk
	qemu -drive "file=$(printf '%s' "$DISK" | sed 's/,/,,/g'),format=raw,if=none,id=disk" \
		-device nvme,serial=test,drive=disk,cmb_size_mb=4,addr=8.0
}

# add_shmem PLACE: a device whose BAR 2 is a file of the host.
add_shmem() {
	truncate -s 4M "$SHMEM"
	qemu -object "memory-backend-file,id=shmem,size=4M,share=on,mem-path=$(printf '%s' "$SHMEM" | sed 's/,/,,/g')" \
		-device "ivshmem-plain,memdev=shmem,$1"
}

# These two, a DMA engine (edu) alone in its group, and two of them as functions of one slot and so in one group.
add_test_devices() {
	add_nvme
	qemu -device edu,addr=9.0 \
		-device edu,addr=a.0,multifunction=on -device edu,addr=a.1
	add_shmem addr=b.0
}

# Another edu alone in its group, for a guest's IOMMU with two devices.
add_other_edu() { qemu -device edu,addr=c.0; }

# The machine that has an SMMUv3 for its PCI devices. Its tables for the kernel come with firmware.
smmuv3_machine() {
	qemu -machine virt,iommu=smmuv3,gic-version=3,its=on -global arm-smmuv3.stage=nested \
		-bios "$("$VM_DIR/arm64.sh" path firmware)"
	append acpi=force
}

# --- guest ----------------------------------------------------------------------------------------------------------

# use_vfio BDF...: gives PCI devices to vfio-pci.
use_vfio() {
	for bdf; do
		dev=/sys/bus/pci/devices/$bdf
		[ -e "$dev" ] || fail "there is no PCI device $bdf"
		echo vfio-pci >"$dev/driver_override"
		if [ -e "$dev/driver" ]; then
			echo "$bdf" >"$dev/driver/unbind"
		fi
		echo "$bdf" >/sys/bus/pci/drivers_probe
		case $(readlink "$dev/driver") in
		*/vfio-pci) ;;
		*) fail "vfio-pci does not take $bdf" ;;
		esac
	done
}

use_test_devices() {
	export IOMMUFD_VM_NVME=0000:00:08.0 IOMMUFD_VM_EDU=0000:00:09.0
	export IOMMUFD_VM_EDU_A=0000:00:0a.0 IOMMUFD_VM_EDU_B=0000:00:0a.1 IOMMUFD_VM_IVSHMEM=0000:00:0b.0
	export IOMMUFD_VM_DISK IOMMUFD_VM_SHMEM
	use_vfio "$IOMMUFD_VM_NVME" "$IOMMUFD_VM_EDU" "$IOMMUFD_VM_EDU_A" "$IOMMUFD_VM_EDU_B" "$IOMMUFD_VM_IVSHMEM"
}

use_other_edu() {
	export IOMMUFD_VM_EDU_OTHER=0000:00:0c.0
	use_vfio "$IOMMUFD_VM_EDU_OTHER"
}

# load_module NAME: one of the kernel's modules that kernel.sh kept.
load_module() {
	[ -e "$IOMMUFD_VM_KDIR/$1.ko" ] || fail "the kernel comes without the module $1.ko"
	insmod "$IOMMUFD_VM_KDIR/$1.ko"
}

# An emulated device: the sample serial card, an mdev, which needs no hardware.
use_mtty() {
	export IOMMUFD_VM_MDEV=7b0c0f16-0a2e-4c7e-9d59-5f3c4f7a1c01
	load_module mdev
	load_module mtty
	echo "$IOMMUFD_VM_MDEV" >/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/create
	[ -e "/sys/bus/mdev/devices/$IOMMUFD_VM_MDEV/vfio-dev" ] || fail 'no mtty device appeared'
}
