#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Does mkiort correct a table as it should, and refuse what is none? Writes TAP to $IOMMUFD_TAP, or to the standard
# output.
set -euo pipefail
# shellcheck source=tests/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

TAP=${IOMMUFD_TAP:-/dev/stdout}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/mkiort.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
TOOL=$(host_tool mkiort)
number=0 failed=0

# check NAME COMMAND...
check() {
	local name=$1
	shift

	number=$((number + 1))
	if "$@"; then
		echo "ok $number - mkiort:$name" >>"$TAP"
	else
		failed=$((failed + 1))
		echo "not ok $number - mkiort:$name # not so: $*" >>"$TAP"
	fi
}

# bytes NUMBER...: those bytes. word NUMBER: four of them, the lowest first.
bytes() {
	local byte

	for byte; do
		# shellcheck disable=SC2059 # the number is in the format
		printf "\\x$(printf %x "$byte")"
	done
}
word() { bytes $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)); }
zeros() { head -c "$1" /dev/zero; }

# sum FILE: of its bytes, as a checksum counts.
sum() { od -An -v -tu1 "$1" | awk '{ for (i = 1; i <= NF; i++) s += $i } END { print s % 256 }'; }

# node TYPE LENGTH: a node without content.
node() { bytes "$1" $(($2 & 255)) $(($2 >> 8)) && zeros $(($2 - 3)); }

# root_complex FLAGS: one of 36 bytes.
root_complex() { bytes 2 36 0 && zeros 20 && bytes "$1" && zeros 12; }

# table FILE SIGNATURE REVISION NODES: with its nodes from the standard input, and a checksum that is right.
table() {
	local file=$1 length

	cat >"$WORK/nodes"
	length=$((48 + $(stat -c %s "$WORK/nodes")))
	{
		printf '%s' "$2" && word "$length" && bytes 5 0 && printf 'OEMID OEMTABLE' && word "$3"
		printf 'TEST' && word 1 && word "$4" && word 48 && zeros 4
		cat "$WORK/nodes"
	} >"$file"
	patch "$file" 9 $(((256 - $(sum "$file")) % 256))
}

# patch FILE OFFSET BYTE
patch() { bytes "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
byte_at() { od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' '; }

# gives STATUS FILE: how the tool ends; OUT is not there after a failure.
gives() {
	local status=0

	rm -f "$WORK/out"
	"$TOOL" "$2" "$WORK/out" 2>"$WORK/why" || status=$?
	cat "$WORK/why"
	[ "$status" = "$1" ] && { [ "$status" = 0 ] || [ ! -e "$WORK/out" ]; }
}
says() { grep -q -- "$1" "$WORK/why"; }

# refuses NAME STATUS WORDS FILE
refuses() {
	check "$1" gives "$2" "$4"
	check "$1, and says so" says "$3"
}

{ node 0 24 && node 4 88 && root_complex 3; } | table "$WORK/good" IORT 255 3
check 'a table' gives 0 "$WORK/good"
check 'the checksum is right' [ "$(sum "$WORK/out")" = 0 ]
check 'the flag is set, others are as they were' [ "$(byte_at "$WORK/out" $((48 + 24 + 88 + 23)))" = 7 ]
check 'the revision is higher' [ "$(byte_at "$WORK/out" 24),$(byte_at "$WORK/out" 25)" = 0,1 ]
cmp -l "$WORK/good" "$WORK/out" >"$WORK/changes" || [ -s "$WORK/changes" ]
check 'nothing else has changed' [ "$(awk '{ printf "%d ", $1 - 1 }' "$WORK/changes")" = '9 24 25 183 ' ]
cp "$WORK/out" "$WORK/done"
refuses 'a table that is right already' 3 'has the flag' "$WORK/done"

{ root_complex 7 && root_complex 0; } | table "$WORK/two" IORT 0 2
check 'the second root complex of two' gives 0 "$WORK/two"
check 'the first keeps it, the second gets it' [ "$(byte_at "$WORK/out" 71),$(byte_at "$WORK/out" 107)" = 7,4 ]
{ cat "$WORK/good" && printf 'more'; } >"$WORK/longer"
check 'bytes behind the table' gives 0 "$WORK/longer"
check 'are left away' [ "$(stat -c %s "$WORK/out")" = "$(stat -c %s "$WORK/good")" ]

refuses 'no file' 1 'No such file' "$WORK/none"
: >"$WORK/bad"
refuses 'an empty file' 1 'truncated' "$WORK/bad"
head -c 47 "$WORK/good" >"$WORK/bad"
refuses 'not even a header' 1 'truncated' "$WORK/bad"
head -c 100 "$WORK/good" >"$WORK/bad"
refuses 'half a table' 1 'truncated' "$WORK/bad"
{ root_complex 3; } | table "$WORK/bad" APIC 1 1
refuses 'a table of another kind' 1 'no IORT' "$WORK/bad"
cp "$WORK/good" "$WORK/bad" && patch "$WORK/bad" 60 1
refuses 'a wrong checksum' 1 'checksum' "$WORK/bad"
cp "$WORK/good" "$WORK/bad" && patch "$WORK/bad" 4 20
refuses 'a length below that of the header' 1 'shorter than its header' "$WORK/bad"
{ node 0 24 && node 4 88; } | table "$WORK/bad" IORT 1 2
refuses 'no root complex' 1 'no root complex' "$WORK/bad"
{ node 0 24 && root_complex 3; } | table "$WORK/bad" IORT 1 3
refuses 'fewer nodes than told' 1 'outside' "$WORK/bad"
{ bytes 0 0 0 && zeros 21 && root_complex 3; } | table "$WORK/bad" IORT 1 2
refuses 'a node of no length' 1 'impossible length' "$WORK/bad"
{ node 0 24 && bytes 2 255 0 && zeros 33; } | table "$WORK/bad" IORT 1 2
refuses 'a node longer than the table' 1 'impossible length' "$WORK/bad"
{ bytes 2 20 0 && zeros 17; } | table "$WORK/bad" IORT 1 1
refuses 'a root complex without flags' 1 'root complex is truncated' "$WORK/bad"

echo "1..$number" >>"$TAP"
[ "$failed" = 0 ]
