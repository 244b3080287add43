#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The example fault-handler on the kernel's mock driver, and on a device that cannot report faults. Runs in the guest,
# scenarios mock and vtd. Results in TAP, to the file named by IOMMUFD_TAP or to standard output.
# shellcheck source=tests/examples.sh
. "$(dirname "$0")/examples.sh"

usage='^usage: fault-handler'
run 2 "$bin/fault-handler" --nonsense
says 'usage' "$usage"
run 2 "$bin/fault-handler" one two
says 'usage again' "$usage"
run 1 "$bin/fault-handler" 0000:77:00.0
says 'missing device' '^fault-handler: 0000:77:00\.0: .*the machine has no device'
says_not 'nothing handled' '^in all'

# Real devices of the test bed have no page requests; older kernels say so earlier.
if [ "${IOMMUFD_VM_SCENARIO:-}" = vtd ]; then
	run 1 "$bin/fault-handler" "$IOMMUFD_VM_EDU"
	says 'no page requests' '^fault-handler: (attach: .*no page requests|page table: .*does not support)'
	says_not 'nothing handled there' '^in all'
	results_end
	exit
fi

# Page tables that are no nested ones have fault queues since Linux 6.13.
if [ "${IOMMUFD_VM_KERNEL:-}" = lts ]; then
	run 1 "$bin/fault-handler"
	says 'an old kernel' '^fault-handler: page table: .*does not support'
	results_end
	exit
fi
run 0 "$bin/fault-handler"
says 'a page' '^fault +0x1000000, read: mapped$'
says 'the same page again' '^fault +0x1001008, read write: mapped$'
says 'the last byte' '^fault +0x103ffff, write: mapped$'
says 'before the window' '^fault +0xffffff, read: refused$'
says 'behind the window' '^fault +0x1040000, write: refused$'
says 'nowhere' '^fault +0xffff000000000000, write: refused$'
says 'counts' '^in all +4 pages mapped, 5 accesses served, 3 refused, 0 answers too late$'
says_not 'no failure' 'fault-handler:'
results_end
