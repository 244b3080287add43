# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Where the source of a test kernel comes from: the distribution's linux-source packages. Sourced by kernel.sh.

# shellcheck source=tests/vm/private-apt.sh
. "$VM_DIR/private-apt.sh"

# Suites that carry kernel sources: the old ones keep the long-term kernel, backports have the newest.
kernel_suites() {
	local url label suites suite

	while read -r url label _; do
		case $label in
		Debian) suites='trixie-backports trixie bookworm-backports' ;;
		Debian-Security) suites='trixie-security bookworm-security' ;;
		*) continue ;;
		esac
		for suite in $suites; do
			printf '%s %s\n' "$url" "$suite"
		done
	done
}

# Suites come and go, so one that fails to load matters only if the kernel is found in no other. Without a network apt
# only warns.
apt_update() {
	local log=$1

	if ! apt-get -q update >"$log" 2>&1; then
		note 'some package lists could not be loaded'
	fi
	if [ -z "$(offered)" ]; then
		tail -n 8 "$log" >&2
		die "no package list could be loaded (above: apt's words). Is there a network? With a kernel source" \
			"folder of your own none is needed: KERNEL=/path/to/linux"
	fi
}

# Minor versions on offer, newest last.
offered() { apt-cache pkgnames linux-source- | sed -n 's/^linux-source-\([0-9]*\.[0-9]*\)$/\1/p' | sort -V; }

# choose_minor NAME: the minor version that a kernel name means today.
choose_minor() {
	local want newest

	newest=$(offered | tail -n 1)
	case $1 in
	lts) want=$LTS_MINOR ;;
	newest) want=$newest ;;
	*) want=$MAIN_MINOR ;;
	esac
	if offered | grep -qxF -- "$want"; then
		printf '%s\n' "$want"
	elif [ "$1" != lts ] && [ "${newest%%.*}" -ge 7 ]; then
		note "NOTICE: Linux $want, the version the tests were written against, is no longer packaged; taking $newest"
		printf '%s\n' "$newest"
	else
		die "no package linux-source-$want among those on offer ($(offered | paste -sd ' '))." \
			"Give a kernel source folder: KERNEL=/path/to/linux"
	fi
}

# fetch_deb NAME FOLDER: leaves the package in FOLDER and sets DEB. One that is there already (the debug kernel has
# the source of main) is not loaded again.
fetch_deb() {
	local name=$1 dir=$2 apt minor version want

	case $name in
	lts) want=$LTS_MINOR ;;
	*) want=$MAIN_MINOR ;;
	esac
	mkdir -p "$dir"
	DEB=$(find "$dir" -name "linux-source-${want}_*.deb" | sort -V | tail -n 1)
	if [ -n "$DEB" ] && [ "$name" != newest ]; then
		return 0
	fi

	need_commands 'loading a kernel source' apt-get apt-cache apt-config dpkg-deb awk
	apt=$WORK/apt
	apt_setup "$apt" kernel_suites "$(dpkg --print-architecture)" ||
		die "the package sources of this machine name no Debian archive, where the kernel" \
			"sources come from. Give a kernel source folder instead: KERNEL=/path/to/linux"
	note 'looking for the kernel source in the package archive'
	apt_update "$apt/update.log"
	minor=$(choose_minor "$name") || exit 1
	version=$(newest_version "$minor")
	DEB=$dir/linux-source-${minor}_${version}_all.deb
	if [ -e "$DEB" ]; then
		return 0
	fi
	note "loading linux-source-$minor (about 170 MB)"
	(cd "$apt" && apt-get -q download "linux-source-$minor=$version" >download.log 2>&1) ||
		{ tail -n 8 "$apt/download.log" >&2; die "loading linux-source-$minor failed (above: apt's words)"; }
	rm -f "$dir/linux-source-${minor}"_*.deb
	mv "$apt"/linux-source-*.deb "$DEB"
}

newest_version() { apt-cache madison "linux-source-$1" | awk '{ print $3 }' | sort -V | tail -n 1; }

# unpack_deb DEB FOLDER
unpack_deb() {
	local member

	mkdir -p "$2"
	member=$(dpkg-deb --fsys-tarfile "$1" | tar -t | grep -E '/linux-source-[0-9.]+\.tar\.xz$')
	dpkg-deb --fsys-tarfile "$1" | tar -xO "$member" | tar -xJ -C "$2" --strip-components=1
}
