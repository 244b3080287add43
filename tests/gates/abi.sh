#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The binary interface against that of the last release, or before the first one against the one last agreed on: new
# functions and longer structs that begin with their size are fine, every other change is not. A change that is meant,
# which from 1.0 on there is none: make abi-baseline.
#
#   abi.sh --baseline    writes tests/gates/abi/ anew
# shellcheck source=tests/gates/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

BASELINES=$GATES/abi
MACHINE=$(uname -m)
LIBRARIES='libiommufd libiommufd-util'

# Debugging information of our own, whatever the tree in BUILD was built with.
build_libraries() { make -s -j"$(nproc)" BUILD="$WORK/abi" CFLAGS='-O0 -g' lib; }

# describe LIBRARY: what it is to a program, without anything of this machine's folders.
describe() {
	abidw --headers-dir include --drop-private-types --exported-interfaces-only --no-corpus-path --no-comp-dir-path \
		--no-show-locs --no-elf-needed "$WORK/abi/.libs/$1.so.0.0.0"
}

# compare LIBRARY: the private names for the mock support promise nothing.
compare() {
	describe "$1" >"$WORK/$1.abi" || return 1
	abidiff --no-added-syms --suppressions "$BASELINES/suppressions" "$BASELINES/$1-$MACHINE.abi" "$WORK/$1.abi"
}

# The gate must see what it is there for: a function that took its arguments in another order.
sees_a_change() {
	describe libiommufd | awk '
		/<function-decl name=.iommufd_ioas_unmap. / { on = 1 }
		on && /<parameter / { p[++n] = $0; next }
		on && /<return / { for (i = n; i; i--) print p[i]; on = n = 0 }
		{ print }' >"$WORK/changed.abi"
	! abidiff --no-added-syms --suppressions "$BASELINES/suppressions" "$BASELINES/libiommufd-$MACHINE.abi" "$WORK/changed.abi"
}

if ! command -v abidiff >/dev/null; then
	skip 'binary interface' 'there is no abidiff (Debian: abigail-tools)'
	tap_end
fi
if ! build_libraries >"$WORK/out" 2>&1; then
	result 1 'the libraries build'
	tap_end
fi
if [ "${1:-}" = --baseline ]; then
	for library in $LIBRARIES; do
		describe "$library" >"$BASELINES/$library-$MACHINE.abi" || exit 1
		echo "$BASELINES/$library-$MACHINE.abi"
	done
	exit
fi
for library in $LIBRARIES; do
	if [ -e "$BASELINES/$library-$MACHINE.abi" ]; then
		check "$library has the binary interface it had" compare "$library"
	else
		check "$library can be described" describe "$library"
	fi
	check_empty "no folder of this machine in its description" grep -rlE '[/](work|home|root|tmp)/' "$BASELINES"
done
if [ -e "$BASELINES/libiommufd-$MACHINE.abi" ]; then
	check 'a change would be seen' sees_a_change
fi
tap_end
