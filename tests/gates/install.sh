#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Building and installing as a user or a packager does it: a copy of the sources, flags and folders of one's own, what
# is rebuilt when, the installed files and what pkg-config says of them, and that it all goes away again.
# shellcheck source=tests/gates/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

SRC=$WORK/src STAGE=$WORK/stage
PLACES=(prefix=/opt/iommufd libdir=/opt/iommufd/lib64)

# The sources as they are now; no file of git's and nothing that was built.
copy_sources() {
	mkdir "$SRC"
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -co --exclude-standard -z
	else
		find . -path ./build -prune -o -type f -print0
	fi | while IFS= read -r -d '' file; do
		[ ! -e "$file" ] || printf '%s\0' "$file"
	done | tar --null -T - -cf - | tar -xf - -C "$SRC"
}

build() { make -C "$SRC" --no-print-directory "${PLACES[@]}" CFLAGS='-O0 -g -DUSER_SAYS=1' "$@"; }

# The compiler's command lines have what the user said, and nothing that takes it back.
flags_are_respected() {
	sed -e ':again' -e '/\\$/{N;s/\\\n//;b again' -e '}' "$WORK/log" | grep -E '(^| )(gcc|clang|cc) .* -c ' >"$WORK/lines"
	[ "$(wc -l <"$WORK/lines")" -gt 20 ] || { echo 'too few command lines found'; return 1; }
	! grep -vE -- '-DUSER_SAYS=1' "$WORK/lines" && ! grep -E -- ' -O[123s]' "$WORK/lines"
}

quiet_build() { build >"$WORK/again" 2>&1 && ! grep -E '^ +(CC|LINK|AR) ' "$WORK/again"; }

# rebuilds FILE PATTERN: touching it makes what matches the pattern, and nothing else.
rebuilds() {
	sleep 1.1
	touch "$SRC/$1"
	build >"$WORK/again" 2>&1 || { cat "$WORK/again"; return 1; }
	grep -E '^ +(CC|LINK|AR) ' "$WORK/again" | grep -vE "$2" && return 1
	grep -qE "$2" "$WORK/again" || { echo 'nothing was rebuilt'; return 1; }
}

sources() { (cd "$SRC" && find . -path ./build -prune -o -type f -print | sort); }

expected_files() {
	local lib
	(cd include && find iommufd -name '*.h' -printf '/opt/iommufd/include/%p\n')
	for lib in libiommufd libiommufd-util; do
		printf '/opt/iommufd/lib64/%s\n' $lib.a $lib.so $lib.so.0 $lib.so.0.0.0 pkgconfig/$lib.pc
	done
}

installed_files() { (cd "$1" && find . \( -type f -o -type l \) -printf '/%P\n' | sort); }

pkgconfig() { PKG_CONFIG_LIBDIR=$STAGE/opt/iommufd/lib64/pkgconfig PKG_CONFIG_SYSROOT_DIR=$STAGE pkg-config "$@"; }

# The .pc files name folders below the prefix by the prefix, so that the whole can be moved.
movable() {
	pkgconfig --define-variable=prefix=/elsewhere --variable=libdir libiommufd-util | grep -x '.*/elsewhere/lib64' &&
		pkgconfig --define-variable=prefix=/elsewhere --variable=includedir libiommufd | grep -x '.*/elsewhere/include'
}

# user_program HOW SOURCE OUT: with nothing but the installed files and pkg-config.
user_program() {
	local how=$1 source=$2 out=$3 flags compiler=$CC std=-std=c11 static=()
	[ "$how" = shared ] || static=(--static)
	flags=$(pkgconfig --cflags --libs "${static[@]}" libiommufd-util) || return 1
	case $source in
	*.cpp) compiler=$CXX std=-std=c++11 ;;
	esac
	# shellcheck disable=SC2086 # flags on purpose
	$compiler $std "${WARN[@]}" "${static[@]/--/-}" -o "$out" "$source" $flags
}

# A shared object of everything in the archives, as a plugin links them in.
plugin() {
	"$CC" -shared -Wl,-z,text -Wl,-z,defs -o "$WORK/plugin.so" -Wl,--whole-archive \
		"$STAGE"/opt/iommufd/lib64/libiommufd-util.a "$STAGE"/opt/iommufd/lib64/libiommufd.a -Wl,--no-whole-archive
}

run_installed() { LD_LIBRARY_PATH=$STAGE/opt/iommufd/lib64 "$@"; }

# Without a device it ends with a sentence, whatever the machine has.
first_explains() {
	local said
	said=$(run_installed "$1" 0000:ff:1f.7 2>&1)
	[ $? = 1 ] && printf '%s\n' "$said" && printf '%s\n' "$said" | grep -qE '^(open|bind): .{20}'
}

check 'the sources can be copied' copy_sources
sources >"$WORK/before"
build -j4 V=1 >"$WORK/log" 2>&1
status=$?
tail -n 20 "$WORK/log" >"$WORK/out"
result $status 'builds from nothing with -j4'
check 'flags of the user are respected' flags_are_respected
check 'a second make builds nothing' quiet_build
check 'a public header rebuilds all of the library' rebuilds include/iommufd/error.h '(CC|LINK|AR) '
check 'an internal header of the helpers rebuilds the helpers' rebuilds libiommufd/util/internal.h \
	'CC +libiommufd/util/|LINK .*(libiommufd-util.la|/examples/)'
check 'a symbol map links again' rebuilds libiommufd/libiommufd.map 'LINK '
check "an example's header rebuilds that example" rebuilds examples/nvme-dma.h '(CC|LINK) .*examples/nvme-dma'
check 'installs below DESTDIR' build DESTDIR="$STAGE" install
expected_files | sort >"$WORK/expected"
installed_files "$STAGE" >"$WORK/installed"
check_same 'installs exactly what it should' "$WORK/expected" "$WORK/installed"
check 'pkg-config files can be moved' movable
for how in shared static; do
	check "first.c builds with pkg-config alone, $how" user_program $how examples/first.c "$WORK/first-$how"
	check "first, $how, says what is missing" first_explains "$WORK/first-$how"
	check "a C++ wrapper builds, $how" user_program $how $GATES/raii.cpp "$WORK/raii-$how"
	check "a C++ wrapper works, $how" run_installed "$WORK/raii-$how"
done
check 'the archives go into a shared object' plugin
check 'refuses a DESTDIR that is not absolute' bash -c "! make -s -C '$SRC' DESTDIR=stage install && [ ! -e '$SRC/stage' ]"
check 'refuses a DESTDIR with blanks' bash -c "! make -s -C '$SRC' DESTDIR='$WORK/a b' install && [ ! -e '$WORK/a b' ]"
check 'installs elsewhere after that' build prefix=/usr libdir=/usr/lib/other DESTDIR="$WORK/other" install
check 'and is found there' test -e "$WORK/other/usr/lib/other/libiommufd.so.0"
build DESTDIR="$STAGE" uninstall >"$WORK/log" 2>&1
check_empty 'uninstalling leaves no file' installed_files "$STAGE"
check_empty 'uninstalling leaves no folder of ours' find "$STAGE" -type d -name 'iommufd' -path '*include*'
check 'the mock support installs' build DESTDIR="$STAGE" install-mock
installed_files "$STAGE" >"$WORK/installed"
check 'with header, archive and pkg-config file' test "$(wc -l <"$WORK/installed")" = 3
build DESTDIR="$STAGE" uninstall-mock >"$WORK/log" 2>&1
check_empty 'and goes away again' installed_files "$STAGE"
sources >"$WORK/after"
check_same 'everything built is in the build folder' "$WORK/before" "$WORK/after"
check 'clean removes it' bash -c "make -s -C '$SRC' clean && [ ! -e '$SRC/build' ]"
if git rev-parse --verify -q HEAD >/dev/null 2>&1; then
	check 'a tarball is made' make -s BUILD="$WORK/dist" dist
	mkdir "$WORK/tar"
	check 'it unpacks' bash -c "tar -xzf '$WORK'/dist/*.tar.gz -C '$WORK/tar'"
	check 'and builds and installs' bash -c "cd '$WORK'/tar/* && make -s CFLAGS=-O0 DESTDIR='$WORK/dest' install"
fi
tap_end
