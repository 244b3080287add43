#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The example dma-pool on an NVMe disk, with huge pages and without. Runs in the guest, scenario vtd.
# shellcheck source=tests/examples.sh
. "$(dirname "$0")/examples.sh"
nvme=${IOMMUFD_VM_NVME:?runs in the guest only}
disk=$IOMMUFD_VM_DISK

# The number on the line that begins with NAME, before WORDS.
number() { sed -nE "s/^$1 .* ([0-9]+) $2.*/\1/p; s/^$1 +([0-9]+) $2.*/\1/p" "$out/text" | head -n 1; }

# The debug kernel takes minutes to read much of the disk.
buffers=4096
[ "${IOMMUFD_VM_KERNEL:-}" != debug ] || buffers=256
bytes=$((buffers * (512 + 1024 + 2048 + 4096 + 4096 + 8192 + 16384 + 65536) / 8))

run 0 "$bin/dma-pool" --disk "$disk" --buffers "$buffers" "$nvme"
says 'thousands of buffers' "^pool +$buffers buffers of 512 to 65536 bytes, $((bytes >> 10)) KiB in [0-9]+ chunks\$"
says_not 'of huge pages' '^notice'
says 'every byte three times' "^in all +$((3 * bytes)) bytes, 0 wrong\$"
says 'several at a time' '^read .*, [78]\.[0-9] on their way at a time \(at most 8\)$'
says 'each buffer looked up' "^lookups +$((3 * buffers)) buffers translated into [0-9]+ pieces"
reads=$(number read reads)
result 'reads of several buffers' "$([ "${reads:-0}" -gt 0 ] && [ "$reads" -lt $((3 * buffers)) ] && echo yes)" "$reads reads"

# Without an image it compares what came by one buffer with what came by others.
run 0 "$bin/dma-pool" --buffers 64 "$nvme"
says 'without an image' '^in all +[0-9]+ bytes, 0 wrong$'

# As on a machine where nobody has reserved any.
huge=$(cat /proc/sys/vm/nr_hugepages)
echo 0 >/proc/sys/vm/nr_hugepages
run 0 "$bin/dma-pool" --disk "$disk" --buffers 64 "$nvme"
echo "$huge" >/proc/sys/vm/nr_hugepages
says 'ordinary pages, with a notice' '^notice +1 of 1 chunks have ordinary pages: no huge pages are left'
says 'which do as well' '^in all +[0-9]+ bytes, 0 wrong$'

head -c 1048576 "$disk" >"$out/image"
printf '\0\1' | dd of="$out/image" bs=1 seek=500000 conv=notrunc status=none
differing=$(cmp -n 1048576 -l "$disk" "$out/image" | wc -l)
run 1 "$bin/dma-pool" --disk "$out/image" --buffers 64 "$nvme"
says 'counts wrong bytes' "^in all .*, $((3 * differing)) wrong\$"

run 1 "$bin/dma-pool" --disk "$out/image" --buffers 4096 "$nvme"
says 'image too short' '^dma-pool: the image is not all of the disk$'
run 1 "$bin/dma-pool" --disk "$out" "$nvme"
says 'image that cannot be read' '^dma-pool: the image is not all of the disk$'
run 1 "$bin/dma-pool" --buffers 8000 "$nvme"
says 'disk too small' '^dma-pool: the disk is too small for so many buffers$'
run 1 "$bin/dma-pool" 0000:77:00.0
says 'missing device' '^dma-pool: 0000:77:00\.0: '
run 2 "$bin/dma-pool" --buffers none "$nvme"
says 'usage' '^usage: dma-pool'
results_end
