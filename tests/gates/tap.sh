# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the gates share: results in TAP to the file named by IOMMUFD_TAP or to standard output, a temporary folder,
# and the names of things. A gate sources this, calls check or result for each of its points, and ends with tap_end.
set -uo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-build}
CC=${CC:-gcc} CXX=${CXX:-g++}
GATES=tests/gates
# shellcheck disable=SC2034 # used by gates
WARN=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)

# A gate decides itself how things are built, whatever the make that started it was told.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CFLAGS CPPFLAGS LDFLAGS DESTDIR prefix libdir V PKG_CONFIG_PATH

WORK=$(mktemp -d "${TMPDIR:-/tmp}/gate.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
cd "$TOP" || exit 1
if [ -n "${IOMMUFD_TAP:-}" ]; then
	exec 3>"$IOMMUFD_TAP"
else
	exec 3>&1
fi
TAP_COUNT=0 TAP_FAILED=0

# result STATUS NAME: one point; what it had to say is in $WORK/out.
result() {
	TAP_COUNT=$((TAP_COUNT + 1))
	if [ "$1" = 0 ]; then
		printf 'ok %d - %s\n' "$TAP_COUNT" "$2" >&3
		return 0
	fi
	TAP_FAILED=$((TAP_FAILED + 1))
	printf 'not ok %d - %s # %s\n' "$TAP_COUNT" "$2" "$(head -n 1 "$WORK/out" | tr '#' ' ')" >&3
	printf '%s:\n' "$2"
	head -n 60 "$WORK/out" | sed 's/^/  /'
	return 1
}

# check NAME COMMAND...: a point that is fine when the command succeeds.
check() {
	local name=$1 status=0
	shift
	"$@" >"$WORK/out" 2>&1 </dev/null || status=1
	result $status "$name"
}

# check_empty NAME COMMAND...: a point that is fine when the command has nothing to say. Its status may be 1, as a search
# that finds nothing has it; more is a command that did not work.
check_empty() {
	local name=$1 status=0
	shift
	"$@" >"$WORK/out" 2>&1 </dev/null || status=$?
	[ $status -gt 1 ] || { [ ! -s "$WORK/out" ] && status=0; } || status=1
	result $status "$name"
}

# check_same NAME FILE FILE: two lists that must be equal.
check_same() { check "$1" diff -u "$2" "$3"; }

skip() {
	TAP_COUNT=$((TAP_COUNT + 1))
	printf 'ok %d - %s # SKIP %s\n' "$TAP_COUNT" "$1" "$2" >&3
}

tap_end() {
	printf '1..%d\n' "$TAP_COUNT" >&3
	[ "$TAP_FAILED" = 0 ]
	exit
}

public_headers() { find include/iommufd -name '*.h' | sort; }

# What the headers of one library declare, see api.awk.
api() { public_headers | grep -"$([ "$1" = util ] && echo e || echo v)" /util/ | xargs awk -f $GATES/api.awk; }

# What a header on standard input declares, see declared.awk.
declared() { awk -f $GATES/code.awk | awk -f $GATES/declared.awk; }

# The table of declarations as text, see rows.h, and the names of one side of it, see named.awk: "ours" or "theirs".
rows() { "$CC" -E -P -Itests "$@" $GATES/rows.h; }
named() {
	local side=$1
	shift
	rows "$@" | awk -v side="$side" -f $GATES/named.awk
}

# The test kernels whose headers matter: that of this run of the suite, or, where there is none, all.
kernel_names() {
	case ${IOMMUFD_VM_KERNEL:-native} in
	native) echo 'main lts' ;;
	*) echo "$IOMMUFD_VM_KERNEL" ;;
	esac
}

# Those of them that are there, as "NAME FOLDER".
kernels() {
	local name dir
	for name in $(kernel_names); do
		if dir=$(tests/vm/kernel.sh path "$name" 2>/dev/null); then
			echo "$name $dir"
		fi
	done
}

# Is it for this run to check what has nothing to do with kernels? That of the second kernel comes on top.
once() { [ "$(kernel_names)" != lts ]; }

# The folder that the libraries in BUILD were linked for: libtool installs them nowhere else.
built_for() { sed -n "s/^libdir='\(.*\)'/\1/p" "$BUILD/libiommufd.la"; }

# install_to FOLDER: a staged installation of what is built.
install_to() { make -s BUILD="$BUILD" DESTDIR="$1" libdir="$(built_for)" install; }
