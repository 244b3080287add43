#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What the kernel's headers declare and the library does not know: nothing, of the headers of the test kernels, apart
# from what is left out on purpose. And from the command to the user: every command has a documented function that a
# test calls on a real kernel, and all that is declared is used.
#
#   uapi.sh --list [FOLDER...]    only lists what is unknown in the headers of these folders: an include folder or a
#                                 kernel source; as a rule those of the test kernels and of this machine
# shellcheck source=tests/gates/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

HEADERS='iommufd.h vfio.h'
LEFT_OUT=$GATES/uapi-left-out

# include_folder FOLDER: where the headers for programs are in it. A kernel source has others of the same name.
include_folder() {
	local below
	for below in include/uapi uapi include .; do
		if [ -e "$1/$below/linux/iommufd.h" ]; then
			printf '%s\n' "$1/$below"
			return
		fi
	done
	return 1
}

# sorted_out FOLDER: "known", "left-out" or "unknown" before each "KIND NAME" that the headers declare. The numbers of
# commands, IOMMUFD_CMD_..., are known by their request codes.
sorted_out() {
	local header
	for header in $HEADERS; do
		[ ! -e "$1/linux/$header" ] || declared <"$1/linux/$header"
	done | sort -u | awk '
		FILENAME ~ /named$/ { named[$1] = 1; next }
		FILENAME ~ /left-out$/ { if ($1 !~ /^#/) pattern[++n] = "^(" $1 ")(\\..*)?$"; next }
		{
			request = $2
			sub(/^IOMMUFD_CMD_/, "IOMMU_", request)
			how = $2 in named || request in named ? "known" : "unknown"
			for (i = 1; i <= n; i++)
				if ($2 ~ pattern[i])
					how = how == "known" ? "both" : "left-out"
			print how, $0
		}' "$WORK/named" "$LEFT_OUT" -
}

# list FOLDER: for people.
list() {
	local dir
	if ! dir=$(include_folder "$1"); then
		printf '%s: no linux/iommufd.h in it\n' "$1"
		return
	fi
	[ -e "$dir/linux/vfio.h" ] || printf '%s: no linux/vfio.h in it\n' "$dir"
	sorted_out "$dir" | awk -v dir="$dir" '
		{ count[$1]++ }
		$1 == "unknown" { list = list "  " $2 " " $3 "\n" }
		END {
			printf "%s: %d names, %d known, %d left out on purpose, %d UNKNOWN\n%s", dir, NR, count["known"],
				count["left-out"], count["unknown"], list
		}'
}

named theirs | sort -u >"$WORK/named"
if [ "${1:-}" = --list ]; then
	shift
	if [ $# = 0 ]; then
		mapfile -t folders < <(kernels | cut -d' ' -f2)
		[ ! -e /usr/include/linux/iommufd.h ] || folders+=(/usr/include)
		set -- "${folders[@]}"
	fi
	[ $# -gt 0 ] || echo 'no headers: build a test kernel (make kernel) or name a folder (HEADERS=...)'
	for folder in "$@"; do
		list "$folder"
	done
	exit
fi

# only HOW FOLDER: the "KIND NAME" of one sort.
only() { sorted_out "$2" | sed -n "s/^$1 //p"; }

# stale FOLDER: patterns for nothing.
stale() {
	local pattern rest
	only left-out "$1" | cut -d' ' -f2 >"$WORK/names"
	grep -v '^#' "$LEFT_OUT" | while read -r pattern rest; do
		grep -qE "^($pattern)(\..*)?$" "$WORK/names" || echo "$pattern: $rest"
	done
}

# doctored FOLDER: a newer kernel's headers, with one new thing of each kind, and without some that there were.
doctored() {
	local to=$WORK/doctored/linux
	mkdir -p "$to"
	awk '
		/IOMMUFD_CMD_DESTROY =/ { print "\tIOMMUFD_CMD_NEW = 0xf0," }
		/^struct iommu_destroy \{/ { print; print "\tunion { __u32 new_a; struct { __u8 new_b[2], new_c:4; }; } new_d;"; next }
		/^enum iommufd_ioas_map_flags \{/ {
			print
			print "\tIOMMU_IOAS_MAP_NEW = (1 << 9), /* two in a line */ IOMMU_IOAS_MAP_NEWER,"
			next
		}
		/IOMMU_IOAS_MAP_READABLE =/ { next }
		/__u32 out_ioas_id;/ { next }
		/^#define IOMMU_IOAS_COPY/ { next }
		{ print }
		END {
			print "struct iommu_new\n{\n\t__u32 count;\n\t__aligned_u64 list[] __counted_by(count);\n};"
			print "#define IOMMU_NEW \\\n\t_IO(IOMMUFD_TYPE, \\\n\tIOMMUFD_CMD_NEW)"
		}' "$1/linux/iommufd.h" >"$to/iommufd.h"
	{
		cat "$1/linux/vfio.h"
		echo '#define VFIO_DEVICE_FEATURE_NEW 99 // new'
	} >"$to/vfio.h"
}

finds_new() {
	doctored "$1"
	cat >"$WORK/expected" <<-'EXPECTED'
		command IOMMU_NEW
		constant IOMMUFD_CMD_NEW
		constant IOMMU_IOAS_MAP_NEW
		constant IOMMU_IOAS_MAP_NEWER
		constant VFIO_DEVICE_FEATURE_NEW
		field iommu_destroy.new_a
		field iommu_destroy.new_b
		field iommu_destroy.new_c
		field iommu_destroy.new_d
		field iommu_new.count
		field iommu_new.list
		struct iommu_new
	EXPECTED
	only unknown "$WORK/doctored" | LC_ALL=C sort | diff -u "$WORK/expected" -
}

lists_new() {
	IOMMUFD_TAP='' "$GATES/uapi.sh" --list "$WORK/doctored" >"$WORK/listed" && grep -q ' 12 UNKNOWN$' "$WORK/listed" &&
		grep -q '^  field iommu_new.list$' "$WORK/listed"
}

# Reserved members: the library has nothing to put there.
UNUSED='\.(reserved2?|pad|header|version)$'

# Every number, struct and field of uapi.h is used by the library, so a function stands behind it. An array that goes to
# the kernel or comes from it as a whole is used by the name of its struct.
unused() {
	local kind name tag
	cat libiommufd/*.c libiommufd/internal.h libiommufd/private.h | awk -f "$GATES/code.awk" >"$WORK/code"
	declared <libiommufd/uapi.h >"$WORK/declared"
	while read -r kind name; do
		tag=${name%.*}
		case $kind in
		field) grep -qE "$UNUSED" <<<"$name" || [[ $tag =~ ^uapi_(iova_range|vfio_hot_reset_entry)$ ]] ||
			grep -qE "(\.|->)${name#*.}\>" "$WORK/code" || echo "$name" ;;
		struct) grep -qw "$tag" "$WORK/code" || grep -q "struct $tag .*;" libiommufd/uapi.h || echo "struct $tag" ;;
		*) grep -qw "$name" "$WORK/code" || echo "$name" ;;
		esac
	done <"$WORK/declared"
}

# The table for people has a row for each command of the headers that is not left out.
without_row() {
	only known "$1" | sed -n 's/^command //p' | while read -r command; do
		grep -q "^| $command |" doc/kernel-interface.md || echo "$command"
	done
}

while read -r name dir; do
	check_empty "kernel $name: nothing is unknown" only unknown "$dir/include"
	check_empty "kernel $name: nothing is left out that is known" only both "$dir/include"
	check_empty "kernel $name: every command is in doc/kernel-interface.md" without_row "$dir/include"
	if [ "$name" = main ]; then
		check_empty 'what is left out is there' stale "$dir/include"
		check 'what is new is found, and what is gone does no harm' finds_new "$dir/include"
		check 'what is new is listed, and only listed' lists_new
	fi
done < <(kernels)
for name in $(kernel_names); do
	[[ $(kernels | cut -d' ' -f1) == *$name* ]] || skip "kernel $name: nothing is unknown" 'that kernel is not built'
done
if once; then
	check_empty 'every declaration is used by the library' unused
	check 'the table of commands can be made' bash -c "doc/kernel-interface.sh >'$WORK/kernel-interface.md'"
	check_same 'doc/kernel-interface.md is up to date (make doc-tables)' doc/kernel-interface.md "$WORK/kernel-interface.md"
	check_empty 'every command has a function, and every function a test on a real kernel' \
		grep -F '**nothing**' "$WORK/kernel-interface.md"
	check_empty 'no function claims to work before its command was there' grep -F '**too early**' "$WORK/kernel-interface.md"
fi
tap_end
