#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What a machine for arm64 needs beside its kernel: a QEMU that emulates nested translation in the SMMUv3, firmware, and
# a system to run in it. What this machine does not have is taken from the distribution's packages, without installing
# them, and kept in the user's cache folder.
set -euo pipefail
# shellcheck source=tests/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=tests/vm/private-apt.sh
. "$VM_DIR/private-apt.sh"

QEMU_MIN=9.1

# packages WHAT: where it comes from. The guest's system has what the scripts call that run there, what programs are
# linked with, and Check to build tests with.
packages() {
	case $1 in
	qemu) echo qemu-system-arm ;;
	firmware) echo qemu-efi-aarch64 ;;
	root)
		echo busybox-static bash dash coreutils util-linux mount kmod mawk grep sed findutils diffutils \
			libc6 libgcc-s1 check
		;;
	esac
}

usage() {
	cat <<-EOF
		usage: arm64.sh fetch | path WHAT
		  fetch  gets what is missing
		  path   prints where it is: qemu (a command, at least $QEMU_MIN), firmware, root (the guest's system)
	EOF
}

# A system of another release has other libraries.
RELEASE=$(sed -n 's/^VERSION_CODENAME="\{0,1\}\([a-z0-9]*\)"\{0,1\}$/\1/p' /etc/os-release)
CACHE=$(cache_dir)/arm64
WORK='' # temporary folder

# folder_of WHAT: where that is kept; other packages, another folder.
folder_of() {
	printf '%s/%s-%s-%s\n' "$CACHE" "$1" "${RELEASE:-unknown}" "$(packages "$1" | sha256sum | cut -c1-8)"
}

# new_enough COMMAND: is it a QEMU that can do what is needed?
new_enough() {
	local version

	version=$("$1" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p')
	[ -n "$version" ] && [ "$(printf '%s\n' "$QEMU_MIN" "$version" | sort -V | sed -n 1p)" = "$QEMU_MIN" ]
}

find_qemu() {
	local command

	for command in "$(command -v qemu-system-aarch64)" "$(folder_of qemu)/qemu-system-aarch64"; do
		if [ -n "$command" ] && new_enough "$command"; then
			printf '%s\n' "$command"
			return
		fi
	done
}

find_firmware() {
	local file

	for file in /usr/share/qemu-efi-aarch64/QEMU_EFI.fd /usr/share/edk2/aarch64/QEMU_EFI.fd \
		/usr/share/qemu/aavmf-aarch64-code.bin /usr/share/qemu/edk2-aarch64-code.fd \
		"$(folder_of firmware)/QEMU_EFI.fd"; do
		if [ -f "$file" ]; then
			printf '%s\n' "$file"
			return
		fi
	done
}

find_root() {
	if [ -d "$(folder_of root)" ]; then
		folder_of root
	fi
}

# The suites this machine uses, and the backports, in which newer versions of a QEMU are.
own_suites() {
	awk '{ print $1, $3 } $2 == "Debian" && $3 !~ /-/ { print $1, $3 "-backports" }'
}

# load WHAT ARCHITECTURE: loads its packages, and whatever they depend on that does not count as installed.
load() {
	local apt=$WORK/$1.apt list

	read -ra list < <(packages "$1")
	apt_setup "$apt" own_suites "$2" ||
		die "the package sources of this machine name no Debian archive, where ${list[*]} could come from"
	if ! apt-get -q update >"$apt/log" 2>&1; then
		note 'some package lists could not be loaded'
	fi
	note "loading ${list[*]}"
	if ! apt-get -q -y --no-install-recommends --download-only install "${list[@]}" >>"$apt/log" 2>&1 </dev/null; then
		tail -n 8 "$apt/log" >&2
		die "loading ${list[*]} failed (above: apt's words). Is there a network?"
	fi
}

# unpack WHAT: what was loaded, to a folder of that name. Of /bin and the like in a package it may be a link that is there.
unpack() {
	local deb

	mkdir -p "$WORK/$1"
	for deb in "$WORK/$1.apt/archives"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink --no-same-owner -C "$WORK/$1"
	done
}

# keep WHAT: from now on it is there, instead of older ones.
keep() {
	find "$CACHE" -maxdepth 1 -name "$1-*" -exec rm -rf {} +
	mv "$WORK/$1" "$(folder_of "$1")"
}

# What this system has installed counts as installed, so that of the libraries only those are loaded that are missing.
fetch_qemu() {
	local command=$WORK/qemu/qemu-system-aarch64

	mkdir -p "$WORK/qemu.apt"
	cp /var/lib/dpkg/status "$WORK/qemu.apt/status"
	printf 'Package: qemu-*\nPin: release n=*-backports\nPin-Priority: 990\n' >"$WORK/qemu.apt/preferences"
	load qemu "$(dpkg --print-architecture)"
	unpack qemu
	cat >"$command" <<-'EOF'
		#!/bin/sh
		dir=$(dirname "$0")/usr
		for lib in "$dir"/lib/*-linux-gnu; do
			LD_LIBRARY_PATH=$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
		done
		export LD_LIBRARY_PATH
		exec "$dir/bin/qemu-system-aarch64" -L "$dir/share/qemu" "$@"
	EOF
	chmod +x "$command"
	if ! new_enough "$command"; then
		"$command" --version >&2 || note 'the QEMU that was loaded does not run'
		die "the package archive offers no QEMU of version $QEMU_MIN or later for arm64 that runs here." \
			'Install one yourself'
	fi
	keep qemu
}

fetch_firmware() {
	local all=$WORK/firmware

	load firmware "$(dpkg --print-architecture)"
	unpack firmware
	mv "$all/usr/share/qemu-efi-aarch64/QEMU_EFI.fd" "$all/"
	rm -rf "${all:?}/usr"
	keep firmware
}

# A system as its packages have it, but for what their scripts would do.
fetch_root() {
	local root=$WORK/root dir

	for dir in bin lib sbin; do
		mkdir -p "$root/usr/$dir"
		ln -s "usr/$dir" "$root/$dir"
	done
	load root arm64
	unpack root
	ln -sf mawk "$root/usr/bin/awk"
	ln -sf dash "$root/usr/bin/sh"
	echo 'root:x:0:0:root:/tmp:/bin/bash' >"$root/etc/passwd"
	rm -rf "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale"
	keep root
}

cmd_fetch() {
	local what missing=()

	for what in qemu firmware root; do
		[ -n "$("find_$what")" ] || missing+=("$what")
	done
	[ ${#missing[@]} != 0 ] || return 0
	need_commands "a machine for arm64 that lacks ${missing[*]}" apt-get apt-config dpkg dpkg-deb tar awk flock
	mkdir -p "$CACHE"
	exec 9>"$CACHE/lock"
	flock 9
	find "$CACHE" -maxdepth 1 -name 'tmp.*' -exec rm -rf {} +
	WORK=$(mktemp -d "$CACHE/tmp.XXXXXX")
	trap 'rm -rf "$WORK"' EXIT
	for what in "${missing[@]}"; do
		# Perhaps somebody else fetched it while we waited for the lock.
		[ -n "$("find_$what")" ] || "fetch_$what"
	done
}

cmd_path() {
	local path

	path=$("find_$1")
	[ -n "$path" ] || die "there is no $1 for arm64: run 'make kernel-arm64'"
	printf '%s\n' "$path"
}

run_as_caller "$@"
case "$*" in
fetch) cmd_fetch ;;
'path qemu' | 'path firmware' | 'path root') cmd_path "$2" ;;
-h | --help) usage ;;
*) usage >&2; exit 2 ;;
esac
