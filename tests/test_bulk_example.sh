#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The example bulk on the mock driver. Runs in the guest, scenario mock.
# shellcheck source=tests/examples.sh
. "$(dirname "$0")/examples.sh"

by_file=256
[ "${IOMMUFD_VM_KERNEL:-}" != lts ] || by_file=0
run 0 "$bin/bulk"
says 'progress' '\] +[0-9]+ of 256 MiB'
says 'all of it' '\[#{40}\] +256 of 256 MiB'
says 'what was mapped how' "^16 pieces, $by_file MiB by their file; the device finds all of it$"
says 'the piece that failed' '^piece at 64 MiB of region 1: Cannot map 16 MiB of .* at IOVA 0x44000000-0x44ffffff .*: 0x44000000-0x440fffff of it is mapped already'
says 'and all taken back' '^taken back; 1 MiB was mapped, what was in the way$'
run 0 "$bin/bulk" 63
says 'another size' '\[#{40}\] +63 of 63 MiB'
run 2 "$bin/bulk" much
says 'usage' '^usage: bulk'
results_end
