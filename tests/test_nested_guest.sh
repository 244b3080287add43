#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The example nested-guest on the mock driver. Runs in the guest, scenario mock.
# shellcheck source=tests/examples.sh
. "$(dirname "$0")/examples.sh"

# step TITLE REGEX...: the lines below that title are as many as these, and match them.
step() {
	local title=$1 ok=yes line
	shift

	sed -n "/^The $title\.\$/,/^\$/p" "$out/text" | sed '1d;/^$/d' >"$out/lines"
	while read -r line; do
		[[ $line =~ ${1-^nothing more} ]] || ok=
		shift
	done <"$out/lines"
	[ $# = 0 ] || ok=
	result "$title" "$ok" 'otherwise than told'
}

run 0 "$bin/nested-guest"
memory='device +goes to guest physical addresses'
step 'guest boots; firmware uses no IOMMU' 'vmm +the device is on page table' "$memory"
viommu='its IOMMU is vIOMMU [1-9]' event=yes
if [ "${IOMMUFD_VM_KERNEL:-}" = lts ]; then
	viommu='no vIOMMUs' event=
fi
step 'guest switches its IOMMU on' 'nest parent [1-9]' "$viommu" 'abort: the device is on' 'device +is refused everywhere'
step 'guest lets the device pass' 'bypass: the device is on' "$memory"
step 'guest gives the device page table A' 'translate: ' "device +goes through the guest's table at 0x1004000"
step 'guest changes a page of table A, and has entry 2 dropped' 'device +looks up entry 2 again, and nothing else'
step 'guest gives the device page table B' 'translate: ' "device +goes through the guest's table at 0x1008000"
step 'guest writes an entry of a format that the hardware does not have' 'refused +.*page table' 'translate: ' \
	"device +goes through the guest's table at 0x1008000"
step 'VMM lets nothing pass, as hardware that cannot use an entry' 'abort: ' 'device +is refused everywhere'
step 'guest writes a good entry again' 'translate: ' "device +goes through the guest's table at 0x1008000"
step 'device meets a page that is not there' 'page fault at 0x5000' 'device +tries again'
if [ -n "$event" ]; then
	step 'device does what its table forbids' 'event of its device 0x20' "device +is heard of by the guest's own number"
else
	says_not 'no events' 'what its table forbids'
fi
step 'guest takes the entry away' 'abort: ' 'device +is refused everywhere'
step 'guest is reset' 'vmm +the device is on page table' "$memory"
says 'nothing unexpected' '^0 unexpected$'
says_not 'and none that is not told' 'DOES NOT'
run 2 "$bin/nested-guest" something
says 'usage' '^usage: nested-guest'
results_end
