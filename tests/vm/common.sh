# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Sourced by the host-side scripts of this folder.

VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
TOP=$(cd "$VM_DIR/../.." && pwd -P)
export VM_DIR TOP

note() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { note "$*"; exit 1; }

user_home() {
	if [ -n "${HOME:-}" ]; then
		printf '%s\n' "$HOME"
	else
		getent passwd "$(id -u)" | cut -d: -f6
	fi
}

cache_dir() { printf '%s\n' "${XDG_CACHE_HOME:-$(user_home)/.cache}/libiommufd"; }

# Under sudo the cache is that of the person who called, and so are the files in it.
run_as_caller() {
	local user=${SUDO_USER:-}

	if [ "$(id -u)" != 0 ] || [ -z "$user" ] || [ "$(id -u "$user")" = 0 ]; then
		return 0
	fi
	exec runuser -u "$user" -- env -u SUDO_USER \
		HOME="$(getent passwd "$user" | cut -d: -f6)" "$0" "$@"
}

# need_commands WHAT-FOR COMMAND...
need_commands() {
	local what=$1 missing='' cmd
	shift

	for cmd; do
		if ! command -v "$cmd" >/dev/null; then
			missing="$missing $cmd"
		fi
	done
	[ -z "$missing" ] || die "$what needs$missing: run 'make setup', or install what tests/vm/packages names"
}

# kernel_arch KERNEL: the architecture of what run.sh -k and kernel.sh take. A source folder of the user's is built for x86.
kernel_arch() {
	if [ "$1" = arm64 ] || { [ -f "$1" ] && head -c 60 "$1" | tail -c 4 | grep -aq ARMd; }; then
		echo arm64
	else
		echo x86
	fi
}

# cross_prefix ARCHITECTURE: what the names of its tools begin with.
cross_prefix() {
	if [ "$1" = arm64 ]; then
		echo aarch64-linux-gnu-
	fi
}

# build_folder ARCHITECTURE: where make puts what is built for it, seen from the top.
build_folder() {
	if [ "$1" = x86 ]; then
		echo build
	else
		echo "build/$1"
	fi
}

# kernel_image FOLDER: the kernel itself, as make of the kernel calls it on $ARCH.
kernel_image() {
	if [ "$ARCH" = arm64 ]; then
		printf '%s\n' "$1/Image"
	else
		printf '%s\n' "$1/bzImage"
	fi
}

# archs_of SCENARIO: the architectures it is for. Its file says so if that is not just x86.
archs_of() {
	(
		scenario_archs() { echo x86; }
		# shellcheck disable=SC1090 # whichever was asked for
		. "$VM_DIR/scenarios/$1.sh"
		scenario_archs
	)
}

# scenario_is_for NAME ARCHITECTURE
scenario_is_for() { [[ " $(archs_of "$1") " == *" $2 "* ]]; }

# host_tool NAME: the path of the program NAME.c of this folder, built when it is old.
host_tool() {
	local tool=$TOP/build/vm/$1 source=$VM_DIR/$1.c new

	if [ ! -e "$tool" ] || [ "$source" -nt "$tool" ]; then
		mkdir -p "$TOP/build/vm"
		new=$(mktemp "$tool.XXXXXX")
		"${CC:-cc}" -O2 -o "$new" "$source"
		mv "$new" "$tool"
	fi
	printf '%s\n' "$tool"
}

# need_machine ARCHITECTURE. A QEMU for arm64 is looked for later: it need not be installed.
need_machine() {
	need_commands 'a test machine' timeout tail stdbuf
	if [ "$1" = x86 ]; then
		need_commands 'a test machine' qemu-system-x86_64
	fi
}
