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

need_machine() { need_commands 'a test machine' qemu-system-x86_64 timeout tail stdbuf; }
