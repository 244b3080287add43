#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The example peer-to-peer: a disk read into the memory of another device. Runs in the guest, scenario p2p.
# shellcheck source=tests/examples.sh
. "$(dirname "$0")/examples.sh"
nvme=${IOMMUFD_VM_NVME:?runs in the guest only}
shmem=$IOMMUFD_VM_IVSHMEM

if [ "${IOMMUFD_VM_KERNEL:-}" = lts ]; then
	run 1 "$bin/peer-to-peer" "$nvme" "$shmem" 2
	says 'not on this kernel' '^peer-to-peer: BAR: Cannot export 0x0-0x3fffff of region 2 .*CONFIG_PCI_P2PDMA'
else
	run 0 "$bin/peer-to-peer" "$nvme" "$shmem" 2
	says 'the disk' "^disk      $nvme, .*, 64 MiB$"
	says 'the memory' "^memory    $shmem, BAR 2, at IOVA 0x[0-9a-f]+$"
	result 'all reads, three times' \
		"$([ "$(grep -c '^  processor finds 8 of 8 reads in the BAR$' "$out/text")" = 3 ] && echo yes)" 'not all'
	says 'what waits' '^  helper    0 of 1 parts mapped, 1 waiting: not now$'
	says 'nothing wrong' '^0 wrong$'
	# The host's file that the memory is has what is on the disk.
	result 'the host has it' "$(cmp -s -n 131072 "$IOMMUFD_VM_DISK" "$IOMMUFD_VM_SHMEM" && echo yes)" 'other bytes'
fi
run 1 "$bin/peer-to-peer" "$nvme" "$shmem" 1
says 'a BAR that is none' '^peer-to-peer: nothing of this BAR can be mapped$'
run 1 "$bin/peer-to-peer" "$shmem" "$nvme" 2
says 'no disk' '^peer-to-peer: the device is not an NVMe controller$'
run 2 "$bin/peer-to-peer" "$nvme" "$shmem" all
says 'usage' '^usage: peer-to-peer'
results_end
