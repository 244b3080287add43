#!/bin/bash
# SPDX-License-Identifier: MIT
#
# doc.sh FOLDER FILE: writes FILE, a page in Markdown, to the standard output with the tables of the benchmarks'
# last run, FOLDER/bench_NAME.csv, in the places that have
#
#	<!-- bench WHAT ... -->
#	<!-- end -->
#
# around them. WHAT is "table NAME N", the N-th table of bench_NAME, "machine NAME", the machine it ran on, or "bars",
# what was promised and what came out.
set -euo pipefail
scripts=$(dirname "${BASH_SOURCE[0]}")
folder=$1
file=$2

csv() {
	local path=$folder/bench_$1.csv

	[ -s "$path" ] || { echo "doc.sh: there is no $path" >&2; exit 1; }
	printf '%s\n' "$path"
}

table() {
	local path

	path=$(csv "$1")
	awk -v want="$2" -f "$scripts/table.awk" "$path"
}

machine() {
	local path

	path=$(csv "$1")
	sed -n 's/^# machine: //p' "$path"
}

bars() {
	local calls dirty translate

	calls=$(csv calls)
	dirty=$(csv dirty)
	translate=$(csv translate)
	awk -f "$scripts/bars.awk" "$calls" "$dirty" "$translate"
}

while IFS= read -r line; do
	case $line in
	'<!-- bench '*)
		read -r _ _ what arguments <<<"${line% -->}"
		printf '%s\n' "$line"
		# shellcheck disable=SC2086 # words on purpose
		"$what" $arguments
		while [ "$line" != '<!-- end -->' ]; do
			IFS= read -r line
		done
		;;
	esac
	printf '%s\n' "$line"
done <"$file"
