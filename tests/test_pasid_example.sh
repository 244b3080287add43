#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The example pasid on the mock driver (scenario mock), and on a device that has no PASIDs (vtd). Runs in the guest.
# shellcheck source=tests/examples.sh
. "$(dirname "$0")/examples.sh"

# finds TITLE OWNER...: below that title the device and its PASIDs find the memory of these, and nothing else.
finds() {
	local title=$1 pasid=0 owner
	shift

	for owner in "$@"; do
		echo "PASID $pasid  0x10000000 is memory of $owner"
		pasid=$((pasid + 1))
	done >"$out/expected"
	result "finds: $title" "$(sed -n "/^$title\$/,/^\$/p" "$out/text" | grep '^PASID.*0x' |
		cmp -s - "$out/expected" && echo yes)" 'another memory'
}

if [ "$IOMMUFD_VM_SCENARIO" = mock ] && [ "${IOMMUFD_VM_KERNEL:-}" = lts ]; then
	run 1 "$bin/pasid"
	says 'a kernel without PASIDs' '^pasid: mock device: '
elif [ "$IOMMUFD_VM_SCENARIO" = mock ]; then
	run 0 "$bin/pasid"
	says 'the width' '^the device has PASIDs of 20 bits$'
	finds 'one IOVA, four address spaces' 'the host' alice bob carol
	finds "carol's PASID moved to alice's memory" 'the host' alice bob alice
	says 'a refusal' '^refused: .*PASID'
	says 'nothing lost by it' '^PASID 3 is where it was$'
	finds 'back, to the one that is' 'the host' alice bob carol
	run 2 "$bin/pasid" 0000:77:00.0 0000:78:00.0
	says 'usage' '^usage: pasid'
else
	run 1 "$bin/pasid" "$IOMMUFD_VM_EDU"
	if [ "${IOMMUFD_VM_KERNEL:-}" = lts ]; then
		says 'a kernel without PASIDs' '^pasid: page table: '
	else
		says 'no width' '^the device has PASIDs of 0 bits$'
		says 'no PASIDs' '^pasid: attach a PASID: .*no PASIDs'
	fi
	run 1 "$bin/pasid" 0000:77:00.0
	says 'missing device' '^pasid: 0000:77:00\.0: .*no device of this address'
fi
results_end
