#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Our declarations of the kernel's interface against the headers of each test kernel, and the completeness of the table
# that names them.
# shellcheck source=tests/gates/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

TABLE=tests/uapi_table.h

# number 7.3.4 -> 703
number() { sed -n 's/^version=\([0-9]*\)\.\([0-9]*\).*/\1 \2/p' "$1/version" | awk '{ printf "%d%02d", $1, $2 }'; }

# compile COMPILER SOURCE FOLDER ARG...: only whether it compiles.
compile() {
	local compiler=$1 source=$2 dir=$3
	shift 3
	"$compiler" -std=gnu11 -fsyntax-only "${WARN[@]}" -Iinclude -Ilibiommufd -Itests -Itests/mock \
		-isystem "$dir/include" -isystem "$dir/include-test" -DTEST_KERNEL="$(number "$dir")" "$@" "$source"
}

# A row that is wrong must be found: the same with one constant changed.
finds_mistake() {
	sed 's/IOMMUFD_MAP_READABLE, IOMMU_IOAS_MAP_READABLE/IOMMUFD_MAP_READABLE, IOMMU_IOAS_MAP_WRITEABLE/' "$TABLE" \
		>"$WORK/uapi_table.h"
	sed "s|\"uapi_table.h\"|\"$WORK/uapi_table.h\"|" "$GATES/layout.c" >"$WORK/mistake.c"
	! compile gcc "$WORK/mistake.c" "$1" >"$WORK/said" 2>&1 && grep -q 'row: IOMMUFD_MAP_READABLE' "$WORK/said"
}

# not_named MINIMUM: which of the "KIND NAME" on standard input are in no row. With fewer than that something went wrong.
not_named() {
	cat >"$WORK/declared"
	[ "$(wc -l <"$WORK/declared")" -gt "$1" ] || echo 'too few declarations were found'
	awk 'NR == FNR { named[$1] = 1; next } !($2 in named) { print $0 " is in no row" }' "$WORK/named" "$WORK/declared"
}

uapi_complete() { declared <libiommufd/uapi.h | not_named 200; }

# The constants of the thin library that are its own; all others are the kernel's.
OWN='CAUSE(_.*)?|CLASS_.*|OP_.*|VERSION.*|ADOPT_.*|RLIMIT_MODE_.*'
OWN+='|.*_VALID_.*|PASID_WIDTH_VALID|VFIO_(UNBOUND|PHYSICAL|EMULATED|UNKNOWN)'
public_complete() {
	public_headers | grep -v /util/ | xargs cat | declared | grep '^constant' | grep -vE " IOMMUFD_($OWN)$" | not_named 100
}

mock_complete() { declared <tests/mock/mock_uapi.h | grep '^constant' | not_named 20; }

named ours -DTEST_MOCK >"$WORK/named"
while read -r name dir; do
	for compiler in gcc clang; do
		check "the table holds for kernel $name, $compiler" compile $compiler "$GATES/layout.c" "$dir"
	done
	check "the table of the mock driver holds for kernel $name" compile gcc "$GATES/layout.c" "$dir" -DTEST_MOCK
	check "a wrong row is found, kernel $name" finds_mistake "$dir"
done < <(kernels)
for name in $(kernel_names); do
	[[ $(kernels | cut -d' ' -f1) == *$name* ]] || skip "the table holds for kernel $name" 'that kernel is not built'
done
if once; then
	check_empty 'uapi.h is in the table as a whole' uapi_complete
	check_empty "the kernel's constants in the public headers are in the table" public_complete
	check_empty "the mock driver's operations are in the table" mock_complete
fi
tap_end
