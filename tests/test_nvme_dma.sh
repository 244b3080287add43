#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The examples on a real device: nvme-dma with all it does, what it says when it cannot work, iommufd-info, first.
# Runs in the guest, scenario vtd. Results in TAP, to the file named by IOMMUFD_TAP or to standard output.
# shellcheck source=tests/examples.sh
. "$(dirname "$0")/examples.sh"
nvme=${IOMMUFD_VM_NVME:?runs in the guest only}
disk=$IOMMUFD_VM_DISK

# explains TITLE CLASS CAUSE NUMBERS: below that title are this class, this cause, and a sentence with these numbers.
explains() {
	sed -n "/^$1\$/,/^\$/p" "$out/text" | tr -s '\n ' ' ' >"$out/mistake"
	result "explains: $1" "$(grep -qE "errno [0-9]+ .*class $2, cause ([A-Z_]+: )?$3 Cannot .*$4.*\." "$out/mistake" &&
		echo yes)" "not with $2, $3, $4"
}

# The debug kernel takes minutes to read the image from the host's file system.
bytes=$(stat -c %s "$disk") part=()
if [ "${IOMMUFD_VM_KERNEL:-}" = debug ]; then
	bytes=8388608
	part=(--bytes "$bytes")
fi
run 0 "$bin/nvme-dma" --disk "$disk" "${part[@]}" "$nvme"
says 'device and group' "^device +$nvme, /dev/vfio/devices/vfio[0-9]+, group [0-9]+, driver vfio-pci$"
says 'which IOMMU' '^IOMMU +Intel VT-d'
says 'reserved window' '^reserved +0x0000fee00000 to 0x0000feefffff: msi$'
says 'usable below the window' '^usable +0x000000000000 to 0x0000fedfffff, in units of 4096 bytes$'
says 'usable above the window' '^usable +0x0000fef00000 to 0x[0-9a-f]+, in units of 4096 bytes$'
says 'first address space' "^read +$bytes bytes through address space 1, 0 wrong"
says 'second address space' "^read +$bytes bytes through address space 2, 0 wrong"
says 'a thousand replacements' '^switched +1000 times, 1048576000 bytes read in between, 0 wrong'
explains 'map at an IOVA that is in use' CONFLICT ALREADY_MAPPED 0x[0-9a-f]+
explains 'map into a reserved window' MAPPING RESERVED '0xfee00000.*0xfeefffff'
explains 'map 1000 bytes' MAPPING LENGTH_MISALIGNED '1000 bytes.*0x1000'
explains 'unmap half of a mapping' NOT_FOUND PARTIAL_MAPPING 'cuts the mapping 0x[0-9a-f]+-0x[0-9a-f]+'
explains 'bind the device a second time' STATE ALREADY_BOUND "$nvme"
explains 'attach where a reserved window is mapped' CONFLICT RESERVED_IN_USE '0xfee00000.*0xfeefffff'
if grep -q '^make a page table with a fault queue$' "$out/text"; then
	explains 'make a page table with a fault queue' UNSUPPORTED FEATURE ''
else
	explains 'attach to a page table with a fault queue' UNSUPPORTED NO_PAGE_REQUESTS 'page requests'
fi
explains 'destroy the page table that is in force' BUSY IN_USE 'page table'
explains 'map more than the limit of locked memory' RESOURCE LOCKED_MEMORY_LIMIT '8 MiB.*16 MiB'
says_not 'nothing went otherwise than expected' 'NOT (REFUSED|DIAGNOSED|AS EXPECTED|BACK)'
says 'nothing wrong or lost in all' '^in all +[0-9]+ bytes read, 0 wrong, 0 lost$'
result 'reads again after the mistakes' \
	"$(sed -n '/^map more than/,$p' "$out/text" | grep -q "^read  *$bytes bytes .* 0 wrong" && echo yes)" 'it does not'

run 0 "$bin/nvme-dma" --bytes 8388608 --switches 11 --no-mistakes "$nvme"
says 'compares the two address spaces' '^read +8388608 bytes through address space 2, 0 wrong'
says 'an odd number of replacements' '^switched +11 times'

# One byte of the image is another one, and seen by each of the two passes.
head -c 1048576 "$disk" >"$out/image"
printf '\0\1' | dd of="$out/image" bs=1 seek=700000 conv=notrunc status=none
differing=$(cmp -n 1048576 -l "$disk" "$out/image" | wc -l)
run 1 "$bin/nvme-dma" --disk "$out/image" --bytes 1048576 --switches 0 --no-mistakes "$nvme"
says 'counts wrong bytes' "^in all +2097152 bytes read, $((2 * differing)) wrong, 0 lost$"
run 1 "$bin/nvme-dma" --disk "$out/image" "$nvme"
says 'image too short' 'nvme-dma: .*image is not all of the disk$'
run 1 "$bin/nvme-dma" --disk /nonexistent "$nvme"
says 'no image' 'nvme-dma: /nonexistent: No such file or directory$'

run 1 "$bin/nvme-dma" 0000:77:00.0
says 'missing device' '^nvme-dma: 0000:77:00\.0: .*NO_SUCH_DEVICE'
virtio=$(basename "$(dirname "$(find /sys/bus/pci/devices/*/virtio0 -maxdepth 0 | head -n 1)")")
run 1 "$bin/nvme-dma" "$virtio"
says 'device without a VFIO driver' "^nvme-dma: $virtio: .*virtio-pci.*NO_VFIO_DRIVER"
run 1 "$bin/nvme-dma" garbage
says 'no address at all' '^nvme-dma: garbage: .*BAD_NAME'
run 1 "$bin/nvme-dma" "$IOMMUFD_VM_EDU"
says 'another kind of device' '^nvme-dma: the device is not an NVMe controller$'
run 2 "$bin/nvme-dma"
says 'usage' '^usage: nvme-dma'
run 2 "$bin/nvme-dma" --bytes ten "$nvme"
says 'bad number' "^nvme-dma: 'ten' is not a usable number$"

run 0 "$bin/iommufd-info"
says 'info: usable' '^/dev/iommu +is usable$'
says 'info: limit' '^locked memory .*counted for the user$'
says 'info: the disk' "^$nvme\$"
says 'info: driver' '^  driver +vfio-pci$'
says 'info: window' '^  reserved +0x0000fee00000 to 0x0000feefffff, msi$'
run 1 "$bin/iommufd-info" "$virtio" 0000:77:00.0
says 'info: other driver' '^  driver +virtio-pci$'
says 'info: missing device' 'NO_SUCH_DEVICE'
run 0 "$bin/iommufd-info" --help
says 'info: help' '^usage: iommufd-info'
run 2 "$bin/iommufd-info" --no-such-option
says 'info: usage' '^usage: iommufd-info'

run 0 "$bin/first" "$nvme"
says 'first: IOVA' "^$nvme finds our memory at 0x[0-9a-f]+$"
run 1 "$bin/first" 0000:77:00.0

results_end
