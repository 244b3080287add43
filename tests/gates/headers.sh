#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The public headers: each alone in every language they are for, with two compilers, and together with the kernel's.
# shellcheck source=tests/gates/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

LANGUAGES='c:c99 c:c11 c++:c++11 c++:c++20'

# compile COMPILER LANGUAGE ARG...: only looks whether it compiles.
compile() {
	local compiler=$1 language=$2
	shift 2
	"$compiler" -fsyntax-only -x "${language%%:*}" -std="${language#*:}" "${WARN[@]}" -Iinclude "$@"
}

# Twice, as it must guard itself, and with something after it, as an empty file would be pedantic's business.
alone() {
	local header=$1 compiler language status=0
	printf '#include <%s>\n#include <%s>\nint nothing;\n' "${header#include/}" "${header#include/}" >"$WORK/alone.c"
	for compiler in gcc clang; do
		for language in $LANGUAGES; do
			compile "$compiler" "$language" "$WORK/alone.c" || { echo "$compiler $language"; status=1; }
		done
	done
	return "$status"
}

# What a header speaks of comes with it: the structs that have members, by value, and the constants, but for causes.
speaks_for_itself() {
	local header=$1
	grep -ow 'struct iommufd_[a-z0-9_]*' "$header" | sort -u | grep -xFf "$WORK/whole" | sed 's/.*/(int)sizeof(&),/' >"$WORK/uses"
	grep -o '::IOMMUFD_[A-Z0-9_]*' "$header" | grep -v '::IOMMUFD_CAUSE_' | sort -u | sed 's/::\(.*\)/(int)\1,/' >>"$WORK/uses"
	{ printf '#include <%s>\nint uses[] = {\n' "${header#include/}"; cat "$WORK/uses"; printf '0 };\n'; } >"$WORK/uses.c"
	compile gcc c:c11 "$WORK/uses.c"
}

guarded() {
	local header=$1 name
	name=LIBIOMMUFD_$(basename "$header" .h | tr 'a-z-' 'A-Z_')_H
	case $header in
	include/iommufd/util/*) name=LIBIOMMUFD_UTIL_${name#LIBIOMMUFD_} ;;
	esac
	grep -qx "#ifndef $name" "$header" && grep -qx "#define $name" "$header" && return
	echo "no guard $name in $header"
	return 1
}

extern_c() {
	grep -q '^[a-z].*(' "$1" || return 0 # declares no function
	grep -q '^extern "C" {$' "$1" && return
	echo "no extern \"C\" in $1"
	return 1
}

# with_kernel FOLDER HEADER: before and after the kernel's, which are not pedantic and so system headers.
with_kernel() {
	local dir=$1 header=${2#include/} compiler language order status=0
	printf '#include <linux/iommufd.h>\n#include <linux/vfio.h>\n#include <%s>\nint nothing;\n' "$header" >"$WORK/after.c"
	printf '#include <%s>\n#include <linux/iommufd.h>\n#include <linux/vfio.h>\nint nothing;\n' "$header" >"$WORK/before.c"
	for order in before after; do
		for compiler in gcc clang; do
			for language in c:c11 c++:c++11; do
				compile "$compiler" "$language" -isystem "$dir/include" "$WORK/$order.c" ||
					{ echo "$order the kernel's, $compiler $language"; status=1; }
			done
		done
	done
	return "$status"
}

# Every struct, enum and constant of ours has a name that the kernel's headers do not use, now or as a macro.
no_shared_names() {
	local dir=$1
	public_headers | xargs cat | "$CC" -fpreprocessed -dD -E -P - | grep -ow 'iommufd_[a-z0-9_]*\|IOMMUFD_[A-Z0-9_]*' |
		sort -u >"$WORK/ours"
	cat "$dir/include/linux/iommufd.h" "$dir/include/linux/vfio.h" | "$CC" -fpreprocessed -dD -E -P - |
		grep -ow '[A-Za-z_][A-Za-z0-9_]*' | sort -u >"$WORK/theirs"
	[ -s "$WORK/ours" ] || echo 'found no name of ours'
	comm -12 "$WORK/ours" "$WORK/theirs"
}

# The struct tags of the public headers are a closed list, so that a new one is thought about.
tags() {
	public_headers | xargs cat | "$CC" -fpreprocessed -dD -E -P - | grep -o '\(struct\|union\|enum\) [a-z_0-9]*' |
		awk 'NF == 2 { print $2 }' | sort -u
}

if once; then
	public_headers | xargs cat | declared | grep '^struct ' | sort -u >"$WORK/whole"
	check 'structs were found' test "$(wc -l <"$WORK/whole")" -gt 40
	for header in $(public_headers); do
		name=${header#include/iommufd/}
		check "alone: $name" alone "$header"
		# The list of causes speaks of what calls take, which other headers have.
		[ "$name" = causes.h ] || check "speaks for itself: $name" speaks_for_itself "$header"
		check "guard: $name" guarded "$header"
		check "extern C: $name" extern_c "$header"
	done
	tags >"$WORK/tags"
	grep -v '^#' "$GATES/tags" >"$WORK/known-tags"
	check_same 'the tags are those of the closed list' "$WORK/known-tags" "$WORK/tags"
	check_empty 'tags have one of the three forms' grep -vE '^iommufd_[a-z0-9]+(_[a-z0-9]+)*$' "$WORK/tags"
fi
while read -r name dir; do
	for header in $(public_headers); do
		check "with the headers of kernel $name: ${header#include/iommufd/}" with_kernel "$dir" "$header"
	done
	check_empty "no name is one of kernel $name" no_shared_names "$dir"
done < <(kernels)
for name in $(kernel_names); do
	[[ $(kernels | cut -d' ' -f1) == *$name* ]] || skip "with the headers of kernel $name" 'that kernel is not built'
done
tap_end
