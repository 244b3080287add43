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

without_comments() { "$CC" -fpreprocessed -dD -E -P "$@"; }

# fields FILE...: "STRUCT FIELD" for each struct that is declared; constants FILE...: each enumerator.
fields() {
	cat "$@" | without_comments - | awk '
		/^struct [a-z0-9_]+ \{/ { tag = $2; next }
		/^};?/ { tag = "" }
		tag && /;$/ { name = $NF; sub(/;$/, "", name); sub(/\[.*/, "", name); print tag, name }' | sort -u
}
constants() { cat "$@" | without_comments - | grep -o '\b\(IOMMUFD\|UAPI\|MOCK\)_[A-Z0-9_]* =' | sed 's/ =//' | sort -u; }

# The table without line breaks inside of rows.
rows() { cat "$TABLE" tests/uapi_mock_table.h | without_comments - | tr -s '\n\t ' ' ' | sed 's/) \(CONST\|STRUCT\|FIELD\|FLEX\|SINCE\)(/)\n\1(/g'; }

in_table() {
	local struct field
	rows >"$WORK/rows"
	while read -r struct field; do
		grep -qE "(FIELD|FLEX)\($struct, ?$field,|offsetof\(struct $struct, $field\)" "$WORK/rows" ||
			echo "struct $struct: $field is in no row"
		grep -qE "(STRUCT\([0-9_]+, struct $struct,|sizeof\(struct $struct\))" "$WORK/rows" ||
			echo "struct $struct is in no row"
	done
}

constant_in_table() {
	local name
	rows >"$WORK/rows"
	while read -r name; do
		grep -qE "CONST\([0-9_]+, $name," "$WORK/rows" || echo "$name is in no row"
	done
}

uapi_complete() {
	fields libiommufd/uapi.h >"$WORK/fields"
	constants libiommufd/uapi.h >"$WORK/constants"
	[ "$(wc -l <"$WORK/fields")" -gt 100 ] || echo 'too few fields were found'
	in_table <"$WORK/fields"
	constant_in_table <"$WORK/constants"
}

# The constants of the public headers that are the kernel's are those with these beginnings.
public_complete() {
	public_headers | xargs cat | without_comments - | grep -o '\bIOMMUFD_[A-Z0-9_]* =' | sed 's/ =//' | sort -u |
		grep -E '^IOMMUFD_(NR|MAP|HWPT|INVALIDATE|VTD|DIRTY|PGFAULT|PAGE_RESPONSE|VIOMMU|VEVENTQ|VEVENT|HW_QUEUE|HW_INFO|HW_CAP|VFIO_INFO|REGION|HOT_RESET|FEATURE)_' |
		grep -vE '^IOMMUFD_(REGION_VALID)_' >"$WORK/public"
	[ "$(wc -l <"$WORK/public")" -gt 50 ] || echo 'too few constants were found'
	constant_in_table <"$WORK/public"
}

mock_complete() {
	constants tests/mock/mock_uapi.h >"$WORK/constants"
	[ "$(wc -l <"$WORK/constants")" -gt 20 ] || echo 'too few constants were found'
	constant_in_table <"$WORK/constants"
}

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
