#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Prints syscalls.md: the system calls of each function, as documented in the headers and as counted by the tests.
# --source: only says where the counts are, and fails if the tests have not left any.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mapfile -t counts < <(find build/vm/main -name 'syscalls*.tsv' 2>/dev/null | sort)
# Each test that counts leaves a file; without all of them functions would seem to be counted by none.
if [ ${#counts[@]} -lt "$(grep -l 'counter_begin(' tests/test_*.c | wc -l)" ]; then
	echo 'doc/syscalls.sh: the tests have not counted all system calls yet: run make check' >&2
	exit 1
fi
if [ "${1:-}" = --source ]; then
	printf '%s\n' "${counts[@]}"
	exit
fi

cat <<'END'
# System calls of each function {#syscalls}

<!-- Made by doc/syscalls.sh of the headers and of what the tests counted: run "make doc-tables". -->

For authors of seccomp filters and of programs that must not block. *Counted* is what a successful call made in the
tests, by ptrace, and how often it allocated memory; what is special about a second way of calling is in parentheses.
Where *counted* is empty no test counts it. A call that allocates may also extend the heap (`brk`, `mmap`).

All requests to `/dev/iommu` and to VFIO device files are `ioctl` with the request code `_IO(';', number)`: `0x3b80` and
above for iommufd (`IOMMUFD_NR_...`), `0x3b64` and above for VFIO.

| function | documented | counted |
|---|---|---|
END
find include/iommufd -name '*.h' | sort | xargs awk -f tests/gates/api.awk | awk -F '\t' '
	FILENAME != "-" {
		name = $1
		special = ""
		if ((i = index(name, " ")) && name !~ /,/) {
			special = substr(name, i + 1)
			name = substr(name, 1, i - 1)
			if (special !~ /^\(/) special = "(" special ")"
		}
		text = $2 ($3 > 0 ? ", " $3 " allocation" ($3 > 1 ? "s" : "") : "") (special != "" ? " " special : "")
		if (!seen[name, text]++)
			by[name] = by[name] (by[name] == "" ? "" : "; ") text
		next
	}
	$1 == "function" {
		text = $6
		sub(/.*@syscalls\{/, "", text)
		sub(/\}.*/, "", text)
		printf "| %s | %s | %s |\n", $2, text, by[$2]
	}' "${counts[@]}" -
