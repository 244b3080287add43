#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Does logscan find each kind of bad line, and let the harmless ones pass? Writes TAP to $IOMMUFD_TAP, or to the
# standard output.
dir=$(dirname "$0")
tap=${IOMMUFD_TAP:-/dev/stdout}
work=$(mktemp -d "${TMPDIR:-/tmp}/logscan.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT

# split FILE: each sample into a file of its own, its title into one beside it.
split() {
	awk -v prefix="$work/$1" '
		/^== / {
			n++
			base = sprintf("%s-%03d", prefix, n)
			print substr($0, 4) >(base ".title")
			printf "" >(base ".log")
			next
		}
		n { print >(base ".log") }' "$dir/logs/$1.txt"
}

number=0 failed=0
report() { # VERDICT NAME [REASON]
	number=$((number + 1))
	if [ "$1" = ok ]; then
		echo "ok $number - logscan:$2" >>"$tap"
	else
		failed=$((failed + 1))
		echo "not ok $number - logscan:$2 # $3" >>"$tap"
	fi
}

split good
split bad
for title in "$work"/*.title; do
	kind=$(basename "$title" .title)
	kind=${kind%-*}
	name="$kind, $(cat "$title")"
	if "$dir/logscan" "${title%.title}.log" >"$work/out"; then
		verdict=good
	else
		verdict=bad
	fi
	if [ "$verdict" != "$kind" ]; then
		report not "$name" "the scanner says $verdict: $(paste -sd ' ' "$work/out")"
	elif [ "$kind" = bad ] && [ ! -s "$work/out" ]; then
		report not "$name" 'refused without a word'
	else
		report ok "$name"
	fi
done
echo "1..$number" >>"$tap"
[ "$failed" = 0 ] && [ "$number" -gt 50 ]
