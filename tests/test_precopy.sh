#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The example precopy on the mock driver. Runs in the guest, scenario mock.
# shellcheck source=tests/examples.sh
. "$(dirname "$0")/examples.sh"

run 0 "$bin/precopy"
says 'begins with all' '^round  0: all of it, 32768 KiB$'
says 'the copy is exact' '^the copy is exact$'
result 'the rounds converge' \
	"$(sed -n 's/^round *[1-9][0-9]*: \([0-9]*\) KiB$/\1/p' "$out/text" | sort -rnc 2>/dev/null && echo yes)" \
	'a round had more than the one before it'
says 'little is left' '^the rest: [0-9]{1,3} KiB$'
run 2 "$bin/precopy" something
says 'usage' '^usage: precopy'
results_end
