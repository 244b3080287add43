#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs what is missing of the tools that building and testing need (the file packages). Elsewhere than on Debian and
# its kin, or without the right to install, it says what to install. It fails if something is missing in the end.
set -u
dir=$(dirname "$0")

note() { printf 'setup: %s\n' "$*" >&2; }

# present PACKAGE CHECK
present() {
	case $2 in
	dpkg) ! command -v dpkg >/dev/null || dpkg -s "$1" 2>/dev/null | grep -q '^Status: install ok installed' ;;
	'<'*) echo "#include $2" | gcc -E - >/dev/null 2>&1 ;;
	*) PATH=$PATH:/usr/sbin:/sbin command -v "$2" >/dev/null ;;
	esac
}

# missing COLUMN: the packages that are missing, as the distribution of that column calls them.
missing() {
	grep -v '^#' "$dir/packages" | while read -r debian check fedora arch suse _; do
		if ! present "$debian" "$check"; then
			case $1 in
			debian) echo "$debian" ;;
			fedora) echo "$fedora" ;;
			arch) echo "$arch" ;;
			suse) echo "$suse" ;;
			tools) echo "$check" ;;
			esac
		fi
	done | grep -vx -e - | sort -u | paste -sd ' '
}

# Lists that are absent or older than a day.
lists_are_old() { [ -z "$(find /var/lib/apt/lists -name '*Packages*' -mtime -1 2>/dev/null | head -n 1)" ]; }

# as_root COMMAND...
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

install_debian() {
	packages=$(missing debian)
	command="apt-get install -y --no-install-recommends $packages"
	if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null && ! { [ -t 0 ] && command -v sudo >/dev/null; }; then
		note "not root, and no sudo that works without asking. As root, run:"
		printf '  apt-get update && %s\n' "$command"
		exit 1
	fi
	if lists_are_old; then
		as_root apt-get -q update || note 'apt-get update had errors (above)'
	fi
	note "installing $packages"
	# shellcheck disable=SC2086 # words on purpose
	if ! as_root env DEBIAN_FRONTEND=noninteractive $command </dev/null; then
		note 'apt-get could not install them (its words are above). Is there a network, and are the package' \
			'sources of this machine the right ones?'
		exit 1
	fi
}

# Distributions whose package manager we leave to their users.
advise() {
	note "please install these tools, and run this again: $(missing tools)"
	printf '  Fedora:    dnf install %s\n' "$(missing fedora)"
	printf '  Arch:      pacman -S %s\n' "$(missing arch)"
	printf '  openSUSE:  zypper install %s\n' "$(missing suse)"
	exit 1
}

if [ -z "$(missing tools)" ]; then
	note 'everything is there'
elif command -v apt-get >/dev/null; then
	install_debian
	if [ -n "$(missing tools)" ]; then
		note "still missing: $(missing tools)"
		exit 1
	fi
else
	advise
fi
