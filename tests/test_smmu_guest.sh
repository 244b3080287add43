#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The example smmu-guest: a guest's page tables on a real SMMUv3. Runs in the guest, scenario smmuv3.
# shellcheck source=tests/examples.sh
. "$(dirname "$0")/examples.sh"

run 0 "$bin/smmu-guest"
says 'begins without an IOMMU' 'device +goes to guest physical addresses'
says 'abort' 'device +is refused'
says 'translate' "device +goes through the guest's table and the host's"
says 'a block' 'device +finds the block'
says 'a remap' 'device +goes to the new page, and not to the old one'
says 'a translation fault, in words' 'F_TRANSLATION, stream 0x20, read of 0x5000000'
says 'a permission fault, in words' 'F_PERMISSION, stream 0x20, write of 0x4000000'
says 'a bad entry, in words' 'C_BAD_STE, stream 0x20'
result 'each fault once' "$([ "$(grep -c 'has an event' "$out/text")" = 3 ] && echo yes)" 'another number of events'
says 'a refused entry' 'vmm +Cannot make a page table'
says 'the second space' 'device +finds other memory at the same addresses'
says 'nothing unexpected' '^0 unexpected$'
says_not 'and none that is not told' 'DOES NOT'
run 2 "$bin/smmu-guest" one two
says 'usage' '^usage: smmu-guest'
run 1 "$bin/smmu-guest" 0000:00:1f.7
says 'a device that is not there' 'smmu-guest: begin: '
results_end
