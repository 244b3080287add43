#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Prints kernel-interface.md: the kernel's commands and constants, and what the library has for each, made of
# tests/uapi_table.h, the headers and the tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

WORK=$(mktemp -d "${TMPDIR:-/tmp}/interface.XXXXXX")
trap 'rm -rf "$WORK"' EXIT

# calls: lines "FUNCTION PROGRAM" (tabs), and "native" for a program that runs on no test kernel, "shared" for
# what several programs use.
calls() {
	local file
	for file in tests/*.c tests/compat32/*.c; do
		awk -f tests/gates/code.awk "$file" | { grep -o '\<iommufd_[a-z0-9_]*(' || [ $? = 1 ]; } | sort -u |
			awk -v name="$(basename "$file" .c)" '{ sub(/\(/, ""); print $0 "\t" name }'
	done | awk -F '\t' -v OFS='\t' '
		NR == FNR { split($0, word, /[ \t]+/); where[word[1]] = word[2]; next }
		{ print $1, $2, !($2 in where) ? "shared" : where[$2] == "native" ? "native" : "" }' tests/suites -
}

"${CC:-gcc}" -E -P -Itests tests/gates/rows.h >"$WORK/rows"
find include/iommufd -maxdepth 1 -name '*.h' | sort | xargs awk -f tests/gates/api.awk >"$WORK/api"
calls >"$WORK/calls"
# Which file of the library uses a number that it keeps to itself.
for file in libiommufd/*.c; do
	awk -f tests/gates/code.awk "$file" | { grep -o '\<UAPI_[A-Z0-9_]*' || [ $? = 1 ]; } | sort -u |
		sed "s|\$| $(basename "$file")|"
done >"$WORK/users"

# commands iommufd | vfio: one row for each command of the table and function that names it in its first sentence.
# commands others: the same for the other system calls on objects.
commands() {
	awk -F '\t' -v which="$1" '
		function number(version,    part) { split(version, part, /[._]/); return part[1] * 100 + part[2] }
		function rows_of(command, first,    i, found, early, tests) {
			for (i = 1; i <= n; i++) {
				if (!index(says[i], " " command " "))
					continue
				found = 1
				early = number(since[i]) < number(first) ? " **too early**" : ""
				tests = by[names[i]]
				if (tests == "" && through[names[i]] != "")
					tests = "those with " through[names[i]]
				if (!real[names[i]])
					tests = tests (tests == "" ? "" : "; on a real kernel ") "**nothing**"
				printf "| %s | %s() | %s%s | %s |\n", command, names[i], since[i], early, tests
			}
			if (!found)
				printf "| %s | **nothing** | - | - |\n", command
		}
		function list(so_far, name) { return so_far (so_far == "" ? "" : ", ") name }
		FILENAME ~ /calls$/ {
			if ($3 == "shared")
				through[$1] = list(through[$1], $2 ".c")
			else
				by[$1] = list(by[$1], $2)
			if ($3 != "native")
				real[$1] = 1
			next
		}
		FILENAME ~ /api$/ {
			if ($1 != "function" || !match($6, /@brief /))
				next
			brief = substr($6, RSTART + RLENGTH) " "
			sub(/(\. | @).*/, " ", brief)
			kernel = "-"
			if (match($6, /@kernel\{[^}]*/))
				kernel = substr($6, RSTART + 8, RLENGTH - 8)
			names[++n] = $2
			says[n] = " " brief
			gsub(/[^A-Za-z0-9_()]+/, " ", says[n])
			since[n] = kernel
			next
		}
		/_IOC_NR\(/ {
			split($0, text, "\"")
			gsub(/^_IOC_NR\(|\)$/, "", text[6])
			if ((text[6] ~ /^VFIO_DEVICE_/ ? "vfio" : "iommufd") == which)
				rows_of(text[6], text[2])
		}
		END {
			if (which == "others") {
				rows_of("read(2)", "6.11")
				rows_of("write(2)", "6.11")
				rows_of("mmap(2)", "6.17")
			}
		}' "$WORK/calls" "$WORK/api" "$WORK/rows"
}

constants() {
	awk -F '"' '
		FILENAME ~ /users$/ { split($0, w, " "); users[w[1]] = users[w[1]] (users[w[1]] == "" ? "" : ", ") w[2]; next }
		/^ *CONST / {
			sub(/^\([a-z0-9_]+\)/, "", $6)
			if ($4 !~ /^(IOMMUFD|UAPI)_[A-Z0-9_]+$/ || $6 !~ /^[A-Z][A-Za-z0-9_]+$/ || $6 ~ /^IOMMUFD_CMD_/)
				next
			sub(/_/, ".", $2)
			printf "| %s | %s | %s |\n", $6, $4 ~ /^UAPI_/ ? "*inside:* " users[$4] : $4, $2
		}' "$WORK/users" "$WORK/rows"
}

# In the order of the reasons.
left_out() {
	awk '!/^#/ {
			reason = $0
			sub(/^[^ ]+ /, "", reason)
			if (!(reason in names)) order[++n] = reason
			names[reason] = names[reason] (names[reason] == "" ? "" : ", ") "`" $1 "`"
		}
		END { for (i = 1; i <= n; i++) printf "- %s: %s\n", order[i], names[order[i]] }' tests/gates/uapi-left-out
}

cat <<'END'
# The kernel's interface {#kernelinterface}

<!-- Made by doc/kernel-interface.sh of tests/uapi_table.h, the headers and the tests: run "make doc-tables". -->

What `<linux/iommufd.h>` and `<linux/vfio.h>` have and where the library has it. A test looks for every command, constant,
struct and field of both headers, of Linux 7.3 and 6.12, in the library's declarations and compares their numbers, sizes
and offsets. `make check-uapi HEADERS=folder` lists what another kernel's headers have beyond that; until the library has
it, iommufd_ctx_ioctl() and iommufd_vfio_feature() reach it, and unknown flags and types go to the kernel as they are.

## Commands of /dev/iommu

The number of a command, for iommufd_ctx_probe() and iommufd_ctx_ioctl(), is `IOMMUFD_NR_` and what follows `IOMMU_`.

| command | function | first kernel | called by |
|---|---|---|---|
END
commands iommufd
cat <<'END'

## Commands of VFIO device files

| command | function | first kernel | called by |
|---|---|---|---|
END
commands vfio
cat <<'END'

## Other system calls on objects

| call | function | first kernel | called by |
|---|---|---|---|
END
commands others
cat <<'END'

## Flags, types and other constants

Those that are *inside* are set or read by the functions of the file that is named. 6.2 stands for 6.2 or before.

| kernel | library | first kernel |
|---|---|---|
END
constants
cat <<'END'

## Left out on purpose

END
left_out
