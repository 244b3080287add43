#!/bin/bash
# SPDX-License-Identifier: MIT
#
# For each library: symbol map = declared functions = documented functions; nothing else is global in the static
# library; a program that uses all of them links, shared and static, with the flags that pkg-config gives; and each
# library needs no more than it may.
# shellcheck source=tests/gates/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

# mapped FILE NODE-PATTERN: the global names of the nodes that match.
mapped() {
	awk -v node="$2" '
		/\{/ { on = $1 ~ node; global = 0 }
		/global:/ { global = 1; next }
		/local:/ { global = 0; next }
		/\}/ { on = 0 }
		on && global && /;/ { gsub(/[ \t;]/, ""); print }' "$1" | sort
}

exported() { nm -D --defined-only --with-symbol-versions "$1" | awk -v node="$2" '$2 == "T" && index($3, "@@" node)' |
	awk '{ sub(/@.*/, "", $3); print $3 }' | sort; }

# What is global in an archive and would get in a user's way.
leaked() { nm -g --defined-only "$1" | awk 'NF == 3 && $3 !~ /^iommufd_/ { print $3 }'; }

needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^ld-linux' | sort; }

out_of_order() {
	awk '/global:/ { last = "" } /^\t[a-z_0-9]*;/ { if ($1 < last) print $1; last = $1 }' "$1"
}

# library NAME FOLDER-OF-MAP UMBRELLA NODE
library() {
	local name=$1 map=$2/$1.map header=$3 node=$4 which=thin

	[ "$name" = libiommufd ] || which=util
	api $which >"$WORK/api"
	awk '$1 == "function" { print $2 }' "$WORK/api" | sort >"$WORK/declared"
	awk -F '\t' '$1 == "function" && $6 ~ /@brief/ { print $2 }' "$WORK/api" | sort >"$WORK/documented"
	mapped "$map" "^${node}_[0-9]" >"$WORK/mapped"
	exported "$BUILD/.libs/$name.so" "$node" | grep -v '^iommufd_private_' >"$WORK/exported"
	check "$name: there are functions" test -s "$WORK/declared"
	check_same "$name: declared = in the symbol map" "$WORK/declared" "$WORK/mapped"
	check_same "$name: declared = documented" "$WORK/declared" "$WORK/documented"
	check_same "$name: declared = exported" "$WORK/declared" "$WORK/exported"
	check_empty "$name: the symbol map is sorted" out_of_order "$map"
	check_empty "$name: the static library keeps to its names" leaked "$BUILD/.libs/$name.a"
	{
		printf '#include <stdio.h>\n#include <iommufd/%s>\ntypedef void any(void);\nany *volatile all[] = {\n' "$header"
		sed 's/.*/(any *)&,/' "$WORK/declared"
		printf '};\nint main(void)\n{\nprintf("%%zu\\n", sizeof(all) / sizeof(all[0]));\n'
		printf 'return (int)(iommufd_version() != IOMMUFD_VERSION);\n}\n'
	} >"$WORK/$name.c"
	check "$name: a program of all functions, shared" program "$name" shared
	check "$name: a program of all functions, static" program "$name" static
}

pkgconfig() { PKG_CONFIG_LIBDIR=$STAGE$LIBDIR/pkgconfig PKG_CONFIG_SYSROOT_DIR=$STAGE pkg-config "$@"; }

# Only the staged installation and what pkg-config says of it.
program() {
	local name=$1 how=$2 out=$WORK/$1-$2 flags static=()
	[ "$how" = shared ] || static=(--static)
	flags=$(pkgconfig --cflags --libs "${static[@]}" "$name") || return 1
	# shellcheck disable=SC2086 # flags on purpose
	if [ "$how" = static ]; then
		$CC -static -o "$out" "$WORK/$name.c" $flags && "$out"
	else
		$CC -o "$out" "$WORK/$name.c" $flags && LD_LIBRARY_PATH=$STAGE$LIBDIR "$out"
	fi
}

# No name of the private version node, no struct of the other library's inside.
util_is_an_ordinary_user() {
	nm -D -u --with-symbol-versions "$BUILD/.libs/libiommufd-util.so" | grep -e PRIVATE -e iommufd_private -e iommufd__
	grep -n '#include.*\(private\.h\|\.\./internal\.h\|uapi\.h\)' libiommufd/util/*.[ch]
}

STAGE=$WORK/stage LIBDIR=$(built_for)
if ! install_to "$STAGE" >"$WORK/out" 2>&1; then
	result 1 'a staged installation'
	tap_end
fi
library libiommufd libiommufd iommufd.h LIBIOMMUFD
library libiommufd-util libiommufd/util util/util.h LIBIOMMUFD_UTIL
echo libc.so.6 >"$WORK/libc"
printf 'libc.so.6\nlibiommufd.so.0\n' >"$WORK/libc-and-ours"
needed "$BUILD/.libs/libiommufd.so" >"$WORK/needed"
check_same 'libiommufd needs libc alone' "$WORK/libc" "$WORK/needed"
needed "$BUILD/.libs/libiommufd-util.so" >"$WORK/needed"
check_same 'libiommufd-util needs libiommufd and libc alone' "$WORK/libc-and-ours" "$WORK/needed"
check_empty 'libiommufd-util uses public functions only' util_is_an_ordinary_user
tap_end
