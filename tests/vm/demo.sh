#!/bin/bash
# SPDX-License-Identifier: MIT
#
# make demo: boots a machine with an IOMMU and an NVMe disk, and runs examples/nvme-dma there. Arguments go to it, such as
# --switches 100 or --no-mistakes. Environment: DEMO_KERNEL is the kernel (run.sh -k), BUILD where the programs are.
set -euo pipefail
# shellcheck source=tests/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

DEMO=$(realpath -m "${BUILD:-$TOP/build}")/examples/nvme-dma

[ -x "$DEMO" ] || die "$DEMO is not built: run 'make'"
cat <<-EOF
	Booting a test kernel in QEMU, behind an emulated Intel VT-d, with an NVMe disk that vfio-pci has.
	On a machine with an IOMMU of its own the same program runs on any NVMe disk: see examples/README.md.

EOF
# shellcheck disable=SC2016 # the guest knows where disk and controller are
exec "$VM_DIR/run.sh" -k "${DEMO_KERNEL:-main}" -s vtd -- \
	/bin/sh -c 'demo=$1; shift; exec "$demo" --disk "$IOMMUFD_VM_DISK" "$@" "$IOMMUFD_VM_NVME"' \
	demo "$DEMO" "$@"
