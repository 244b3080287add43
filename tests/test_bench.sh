#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The benchmarks with small numbers: that each of them works and that its tables are whole. How fast anything is does not
# matter here. Runs on the host, and in the guest with those that need a kernel with iommufd.
# shellcheck disable=SC2034 # for what is sourced
suite=bench
# shellcheck source=tests/examples.sh
. "$(dirname "$0")/examples.sh"
bench=$(dirname "$bin")/bench

# whole FILE TABLES: are there so many tables, each with rows, each row with a number in every column?
whole() {
	awk -F , -v tables="$2" '
		/^# machine: / || /^$/ { next }
		/^# / { n++; head = 1; next }
		head { columns = NF; head = 0; next }
		NF != columns { exit bad = 1 }
		{ for (i = 2; i <= NF; i++) if ($i !~ /^-?[0-9]+\.[0-9]+$/) exit bad = 1; rows[n]++ }
		END { for (i = 1; i <= tables; i++) if (!rows[i]) bad = 1; exit bad }' "$1"
}

# bench NAME TABLES
bench() {
	run 0 "$bench/bench_$1" --quick --csv "$out/bench_$1.csv"
	result "$1 has whole tables" "$(whole "$out/bench_$1.csv" "$2" && echo yes)" "$(head -c 300 "$out/bench_$1.csv" | tr '\n#' '; ')"
}

if [ "${IOMMUFD_VM_SCENARIO:-native}" = native ]; then
	bench calls 1
	says 'ioctls are counted' '^ioas_map .* 1\.00 +0\.00$'
	run 1 env PATH=/none "$bench/bench_calls" --quick
	says 'what counts instructions is missing' 'by valgrind: is it installed'
	bench dirty 1
	bench iova 1
	bench translate 7
	run 2 "$bench/bench_calls" --slow
	says 'usage' '^usage: .*bench_calls \[--csv FILE\] \[--quick\]'
else
	files=1
	[ "${IOMMUFD_VM_KERNEL:-}" != lts ] || files=0
	bench map $((2 + files))
	bench bulk 1
	says 'all kinds of memory' '^hugetlb 80 MiB '
fi
results_end
