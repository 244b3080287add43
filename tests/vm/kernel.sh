#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The kernels the tests run on: built once from the distribution's kernel source with our own small configuration,
# kept in the user's cache folder.
set -euo pipefail
# shellcheck source=tests/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=tests/vm/kernel-source.sh
. "$VM_DIR/kernel-source.sh"

MAIN_MINOR=7.3 # what the tests were written against
LTS_MINOR=6.12
FORMAT=1       # raise it when a kernel built by an older version of this script must not be used any more
NEED_MB=4096   # source, build folder and result together

usage() {
	cat <<-EOF
		usage: kernel.sh build NAME | path NAME | list | clean
		  build   builds the kernel unless it is there already
		  path    prints the folder of a kernel that was built (or the image itself, for an image of yours)
		  list    the kernels in the cache
		  clean   empties the cache: kernels and sources
		NAME: main (Linux $MAIN_MINOR), lts (Linux $LTS_MINOR), debug (main with KASAN, lockdep, kmemleak), arm64 (main
		      for that architecture), newest, a kernel source folder, or a kernel image
	EOF
}

CACHE=$(cache_dir)
KERNELS=$CACHE/kernels
SOURCES=$CACHE/sources
FILES=1440     # that a build compiles, about
WORK=''        # temporary folder of this build
ARCH='' CROSS='' # of this build, as the kernel's make calls them
BUILD_PID=''

# flavour_of NAME: which configuration it has: plain, debug, or that of another architecture.
flavour_of() {
	case $1 in
	debug | arm64) printf '%s\n' "$1" ;;
	*) echo plain ;;
	esac
}

fragments() {
	local arch=x86

	[ "$1" != arm64 ] || arch=arm64
	printf '%s\n' "$VM_DIR/config/base.config" "$VM_DIR/config/$arch.config"
	if [ "$1" = debug ]; then
		printf '%s\n' "$VM_DIR/config/debug.config"
	fi
}

# config_hash FLAVOUR [EXTRA]: tells kernels of different configurations apart.
config_hash() {
	{
		echo "$FORMAT ${2:-}"
		fragments "$1" | xargs -d '\n' cat
	} | sha256sum | cut -c1-12
}

# find_kernel NAME: the folder of a kernel built before, no network needed; prints nothing when there is none.
find_kernel() {
	local name=$1 hash pattern dir

	case $name in
	lts) pattern="$LTS_MINOR.*" ;;
	newest) pattern='[7-9]*' ;;
	*) pattern="$MAIN_MINOR.*" ;;
	esac
	hash=$(config_hash "$(flavour_of "$name")")
	dir=$(find_dir "$pattern-$hash")
	# A machine whose packages no longer offer that minor has a newer one instead.
	if [ -z "$dir" ] && [ "$name" != lts ]; then
		dir=$(find_dir "[7-9]*-$hash")
	fi
	printf '%s' "$dir"
}

find_dir() {
	if [ -d "$KERNELS" ]; then
		find "$KERNELS" -mindepth 1 -maxdepth 1 -type d -name "$1" | sort -V | tail -n 1
	fi
}

cmd_path() {
	local dir

	if [ -f "$1" ]; then
		realpath "$1"
		return
	elif [ -d "$1" ]; then
		dir=$(source_result "$1")
		[ -e "$(kernel_image "$dir")" ] || dir=''
	else
		known_name "$1"
		dir=$(find_kernel "$1")
	fi
	[ -n "$dir" ] || die "kernel '$1' is not built: tests/vm/kernel.sh build $1"
	printf '%s\n' "$dir"
}

known_name() {
	case $1 in
	main | newest | lts | debug | arm64) ;;
	*) die "'$1' is neither a kernel name (main, newest, lts, debug, arm64) nor a source folder nor an image" ;;
	esac
}

# A source folder of the user's has one result, rebuilt whenever it is asked for.
source_result() { printf '%s/src-%s\n' "$KERNELS" "$(config_hash plain "$(realpath "$1")")"; }

check_machine() {
	local free header

	need_machine "$ARCH" # a kernel is of no use without; better said now than minutes later
	need_commands 'building a kernel' gcc "${CROSS}gcc" make flex bison bc xz cpio tar awk flock
	for header in gelf.h openssl/ssl.h; do
		if ! echo "#include <$header>" | gcc -E - >/dev/null 2>&1; then
			die "building a kernel needs the header $header: run 'make setup'"
		fi
	done
	free=$(df -Pm "$CACHE" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$NEED_MB" ] ||
		die "building a kernel needs $NEED_MB MB of disk space in $CACHE, only $free MB are free." \
			"Set XDG_CACHE_HOME to a folder with more space"
}

# kmake SOURCE OUT ARGS...: kernel make, shielded from variables that an outer make passes down.
kmake() {
	local src=$1 out=$2
	shift 2
	env -i PATH="$PATH" HOME="${HOME:-/}" LC_ALL=C KBUILD_BUILD_USER=test KBUILD_BUILD_HOST=test \
		KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970' make -C "$src" O="$out" \
		ARCH="$ARCH" CROSS_COMPILE="$CROSS" "$@"
}

# configure SOURCE OUT FLAVOUR STRICT
configure() {
	local src=$1 out=$2 flavour=$3 strict=$4 files

	mapfile -t files < <(fragments "$flavour")
	kmake "$src" "$out" tinyconfig
	(cd "$out" && "$src/scripts/kconfig/merge_config.sh" -m .config "${files[@]}")
	kmake "$src" "$out" olddefconfig
	lost_options "$(kmake "$src" "$out" -s kernelversion)" "$out/.config" "${files[@]}" >"$out/lost"
	if [ -s "$out/lost" ]; then
		note "wanted by the configuration but lost: $(paste -sd ' ' "$out/lost")"
		[ "$strict" = no ]
	fi
}

# lost_options VERSION CONFIG FRAGMENT...: what the fragments want and the configuration does not have.
lost_options() {
	local version=$1 config=$2
	shift 2
	awk -v minor="$(printf '%s\n' "$version" | cut -d. -f1,2)" -v arch="$ARCH" -v absent="$VM_DIR/config/absent" '
		BEGIN {
			while ((getline line < absent) > 0) {
				split(line, f, " ")
				if (f[1] == minor || f[1] == arch) may[f[2]] = 1
			}
		}
		FNR == 1 { file++ }
		file == 1 && /^CONFIG_/ { name = $0; sub(/=.*/, "", name); have[name] = $0; next }
		file > 1 && /^CONFIG_/ {
			name = $0; sub(/=.*/, "", name)
			if (have[name] != $0 && !(name in may)) print $0
		}
		file > 1 && /^# CONFIG_.* is not set$/ { if ($2 in have) print $2 "=n" }
	' "$config" "$@"
}

# progress PID LOG: shows how far a build is, by the files it has compiled.
progress() {
	local pid=$1 log=$2 start=$SECONDS shown=-100 files percent

	while kill -0 "$pid" 2>/dev/null; do
		files=$(awk '/^  CC /{ n++ } END { print n + 0 }' "$log")
		percent=$((files * 100 / FILES))
		[ "$percent" -lt 100 ] || percent=99
		if [ -t 1 ]; then
			printf '\r  building: %2d%% (%d files, %d s) ' "$percent" "$files" $((SECONDS - start))
		elif [ $((SECONDS - shown)) -ge 20 ]; then
			printf '  building: %2d%% (%d files, %d s)\n' "$percent" "$files" $((SECONDS - start))
			shown=$SECONDS
		fi
		sleep 1
	done
	if [ -t 1 ]; then
		printf '\r  building: finished after %d s             \n' $((SECONDS - start))
	fi
}

# collect SOURCE OUT RESULT NAME ORIGIN: what is kept of a build.
collect() {
	local src=$1 out=$2 res=$3

	mkdir -p "$res/include-test"
	cp "$(kernel_image "$out/arch/$ARCH/boot")" "$out/System.map" "$res/"
	cp "$out/.config" "$res/config"
	find "$out/drivers/vfio/mdev" "$out/samples/vfio-mdev" -name '*.ko' -exec cp {} "$res/" \;
	(cd "$out/usr" && find include -name '*.h' -print0 | xargs -0 cp --parents -t "$res")
	cp "$src/drivers/iommu/iommufd/iommufd_test.h" "$res/include-test/"
	{
		echo "version=$(kmake "$src" "$out" -s kernelversion)"
		echo "name=$4"
		echo "source=$5"
		echo "compiler=$("${CROSS}gcc" -dumpfullversion)"
	} >"$res/version"
}

cleanup() {
	# The group: its leader may be gone already, and a compiler left behind.
	if [ -n "$BUILD_PID" ] && kill -0 -- "-$BUILD_PID" 2>/dev/null; then
		kill -- "-$BUILD_PID"
		wait
	fi
	if [ -n "$WORK" ]; then
		rm -rf "$WORK"
	fi
}

# begin_build: a lock, so that two builds do not run at once, and a temporary folder beside the result. Whatever
# temporary folder is there while we hold the lock was left by a build that got killed.
begin_build() {
	mkdir -p "$KERNELS"
	check_machine
	exec 9>"$CACHE/lock"
	if ! flock -n 9; then
		note 'another kernel build is running: waiting for it'
		flock 9
	fi
	find "$CACHE" -maxdepth 1 -name 'tmp.*' -exec rm -rf {} +
	WORK=$(mktemp -d "$CACHE/tmp.XXXXXX")
	trap cleanup EXIT
	trap 'exit 130' INT TERM HUP
}

# build_steps SOURCE OUT NAME ORIGIN STRICT
build_steps() {
	mkdir -p "$2"
	configure "$1" "$2" "$(flavour_of "$3")" "$5"
	kmake "$1" "$2" -j"$(nproc)" "$(basename "$(kernel_image .)")" modules headers
	collect "$1" "$2" "$WORK/result" "$3" "$4"
}

# build_tree SOURCE OUT NAME ORIGIN RESULT STRICT
build_tree() {
	local name=$3 result=$5 strict=$6 log=$WORK/log why

	# In the background, in a process group of its own: progress is shown meanwhile, and an interrupted
	# build can be ended as a whole. It must not hold the lock should something of it survive.
	set -m
	build_steps "$1" "$2" "$name" "$4" "$strict" >"$log" 2>&1 </dev/null 9>&- &
	BUILD_PID=$!
	set +m
	progress "$BUILD_PID" "$log"
	if ! wait "$BUILD_PID"; then
		# Without a file in between: perhaps the disk is full.
		why=$(grep -E 'error:|\*\*\*|but lost:|mrproper|No space' "$log" | tail -n 15) || why=$(tail -n 15 "$log")
		printf '%s\n' "$why" >&2
		cp "$log" "$CACHE/failed.log" || { rm -f "$CACHE/failed.log"; die "building kernel $name failed (above: why)"; }
		die "building kernel $name failed; the whole log is $CACHE/failed.log"
	fi
	if grep 'but lost:' "$log" >&2; then
		note 'tests that need the lost options will fail'
	fi
	if [ -z "$result" ]; then
		result=$KERNELS/$(sed -n 's/^version=//p' "$WORK/result/version")-$(config_hash "$(flavour_of "$name")")
	fi
	if [ -e "$result" ]; then
		mv "$result" "$WORK/old"
	fi
	mv "$WORK/result" "$result"
	note "kernel $name is in $result"
}

build_packaged() {
	local name=$1 deb

	if [ "$name" != newest ] && [ -n "$(find_kernel "$name")" ]; then
		return 0
	fi
	begin_build
	# Perhaps it was built while we waited for the lock.
	if [ "$name" != newest ] && [ -n "$(find_kernel "$name")" ]; then
		return 0
	fi
	fetch_deb "$name" "$SOURCES"
	deb=$(basename "$DEB" _all.deb)
	if [ "$name" = newest ] && [ -n "$(find_dir "$(deb_version "$deb")-$(config_hash plain)")" ]; then
		note "the newest is $deb, which is built already"
		return 0
	fi
	note "unpacking $deb"
	unpack_deb "$DEB" "$WORK/src"
	note "building kernel $name ($deb): some minutes, once"
	build_tree "$WORK/src" "$WORK/out" "$name" "$deb" '' yes
}

# linux-source-7.3_7.3.4-1~bpo13+1 -> 7.3.4
deb_version() { printf '%s\n' "${1##*_}" | sed 's/-[^-]*$//'; }

cmd_build() {
	local src hash

	if [ -f "$1" ]; then
		return 0 # an image: nothing to do
	elif [ -d "$1" ]; then
		src=$(realpath "$1")
		[ -f "$src/Kconfig" ] || die "$src is no kernel source folder"
		begin_build
		hash=$(config_hash plain "$src")
		note "building the kernel of $src: some minutes the first time"
		build_tree "$src" "$CACHE/build-$hash" "$src" "$src" "$(source_result "$src")" no
	else
		known_name "$1"
		build_packaged "$1"
	fi
}

cmd_list() {
	local dir

	[ -d "$KERNELS" ] || return 0
	for dir in "$KERNELS"/*/; do
		if [ -f "$dir/version" ]; then
			printf '%s\t%s\n' "$(paste -sd ' ' "$dir/version")" "${dir%/}"
		fi
	done
}

run_as_caller "$@"
case ${1:-} in
build | path)
	[ $# = 2 ] || { usage >&2; exit 2; }
	ARCH=$(kernel_arch "$2")
	CROSS=$(cross_prefix "$ARCH")
	"cmd_$1" "$2"
	;;
list) cmd_list ;;
clean) rm -rf "$CACHE" ;;
-h | --help) usage ;;
*) usage >&2; exit 2 ;;
esac
