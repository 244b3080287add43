#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The example hand-over on an NVMe disk. Runs in the guest, scenario vtd.
# shellcheck source=tests/examples.sh
. "$(dirname "$0")/examples.sh"
nvme=${IOMMUFD_VM_NVME:?runs in the guest only}
disk=$IOMMUFD_VM_DISK

if [ "${IOMMUFD_VM_KERNEL:-}" = lts ]; then
	run 1 "$bin/hand-over" --disk "$disk" "$nvme"
	says 'a kernel that maps no files' '^hand-over: map: .*6\.13'
else
	# The debug kernel takes minutes to read the image from the host's file system.
	image=$disk mib=64
	if [ "${IOMMUFD_VM_KERNEL:-}" = debug ]; then
		mib=4 image=$out/image
		head -c "${mib}M" "$disk" >"$image"
	fi
	run 0 "$bin/hand-over" --disk "$image" "$nvme"
	says 'the old version reads half of it' "^old +process [0-9]+ has read $((mib / 2)) MiB of $mib\$"
	says 'with reads on their way' '^old +starts 8 more reads, and runs the new version$'
	says 'which end meanwhile' '^new +finds 8 reads done that the old version had started$'
	says 'and the rest is right' "^in all $mib MiB read, 0 bytes wrong\$"
	result 'it is one process all along' \
		"$([ "$(grep -oE 'process [0-9]+' "$out/text" | sort -u | wc -l)" = 1 ] && echo yes)" 'another process'

	run 0 "$bin/hand-over" --disk "$image" --new-version /nonexistent "$nvme"
	says 'no new version' '^old +cannot run it: No such file or directory\. It goes on itself$'
	says 'and nothing is lost' "^in all $mib MiB read, 0 bytes wrong\$"

	# A wrong byte of what was read before, and one of what comes after.
	head -c 4194304 "$disk" >"$out/image"
	for at in 1000000 3000000; do
		printf '\0\1\2' | dd of="$out/image" bs=1 seek=$at conv=notrunc status=none
	done
	differing=$(cmp -n 4194304 -l "$disk" "$out/image" | wc -l)
	run 1 "$bin/hand-over" --disk "$out/image" "$nvme"
	says 'counts wrong bytes' "^in all 4 MiB read, $differing bytes wrong\$"

	: >"$out/image"
	run 1 "$bin/hand-over" --disk "$out/image" "$nvme"
	says 'an image of nothing' '^hand-over: the image is empty$'
fi
run 1 "$bin/hand-over" --take 0
says 'nothing to take' '^hand-over: take over: '
run 1 "$bin/hand-over" 0000:77:00.0
says 'missing device' '^hand-over: 0000:77:00\.0: '
run 2 "$bin/hand-over"
says 'usage' '^usage: hand-over'
results_end
