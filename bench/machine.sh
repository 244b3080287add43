#!/bin/bash
# SPDX-License-Identifier: MIT
#
# machine.sh FOLDER NAME...: runs the benchmarks FOLDER/NAME that need a kernel with iommufd and a device, and leaves
# FOLDER/NAME.csv. The device is that of this machine which BENCH_DEVICE names by its PCI address, bound to vfio-pci.
# Without that they run in the test machine (tests/vm/), behind its IOMMU, if its kernel has been built; else they are
# left out, with a notice. Environment: BENCH_KERNEL is the kernel (run.sh -k), BENCH_MEMORY the machine's memory in MB.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
bin=$(realpath "$1")
shift
kernel=${BENCH_KERNEL:-main}

note() { printf 'bench: %s\n' "$*" >&2; }

in_machine() {
	local out

	out=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX")
	# shellcheck disable=SC2064 # the folder of this moment is meant
	trap "rm -rf '$out'" EXIT
	# shellcheck disable=SC2016 # the guest knows where its output goes
	"$top/tests/vm/run.sh" -k "$kernel" -s vtd -m "${BENCH_MEMORY:-6144}" -t 3600 -o "$out" -- /bin/sh -c '
		# As many as a benchmark takes: kept from the start they would be missing for the others.
		echo 8192 >/proc/sys/vm/nr_overcommit_hugepages
		bin=$1
		shift
		for name; do
			"$bin/$name" --csv "$IOMMUFD_VM_OUT/$name.csv" || exit 1
		done' bench "$bin" "$@"
	for name; do
		cp "$out/$name.csv" "$bin/"
	done
}

if [ -n "${BENCH_DEVICE:-}" ]; then
	for name; do
		"$bin/$name" --csv "$bin/$name.csv"
	done
elif command -v qemu-system-x86_64 >/dev/null && "$top/tests/vm/kernel.sh" path "$kernel" >/dev/null 2>&1; then
	in_machine "$@"
else
	note "left out: $*, which need a kernel with iommufd. 'make setup kernel' makes the test machine for them; or set" \
		"BENCH_DEVICE to the PCI address of a device of this machine that is bound to vfio-pci and not in use."
fi
