#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Boots a test kernel in QEMU and runs one program inside, as root, with this machine's files as its own.
set -euo pipefail
# shellcheck source=tests/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=tests/vm/machine.sh
. "$VM_DIR/machine.sh"

DIED=125 # our exit status when the guest, not the program, failed

usage() {
	cat <<-EOF
		usage: run.sh [options] [--] PROGRAM [ARGUMENT...]
		       run.sh [options] --shell
		  -k KERNEL   main (default), lts, debug, arm64, newest, a kernel source folder, a kernel image
		  -s NAME     scenario (default mock): $(scenario_names | paste -sd ' ')
		  -t SECONDS  time limit for the whole run (default 300)
		  -o FOLDER   writable for the program, which finds its name in IOMMUFD_VM_OUT; logs are kept there
		  -m MB       memory of the machine (default 3072, debug kernel 4096)
		  -d MB       size of the NVMe disk (default 64)
		  -e VAR      pass this environment variable (those named IOMMUFD_*, CK_* and *SAN_OPTIONS always are)
		Environment: KVM=1 tries hardware acceleration. Exit status: the program's, or $DIED when the guest died.
	EOF
}

KERNEL=main SCENARIO=mock LIMIT=300 OUT='' MEM='' DISK_MB=64 SHELL_MODE=no PASS=()

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		-k | -s | -t | -o | -m | -d | -e)
			[ $# -ge 2 ] || { usage >&2; exit 2; }
			case $1 in
			-k) KERNEL=$2 ;;
			-s) SCENARIO=$2 ;;
			-t) LIMIT=$2 ;;
			-o) OUT=$2 ;;
			-m) MEM=$2 ;;
			-d) DISK_MB=$2 ;;
			-e) PASS+=("$2") ;;
			esac
			shift 2
			;;
		--shell) SHELL_MODE=yes; shift ;;
		-h | --help) usage; exit 0 ;;
		--) shift; break ;;
		-*) usage >&2; exit 2 ;;
		*) break ;;
		esac
	done
	PROGRAM=("$@")
	if [ $# -gt 0 ] && [ "$SHELL_MODE" = no ]; then
		return 0
	elif [ $# -gt 0 ] || [ "$SHELL_MODE" = no ]; then
		usage >&2
		exit 2
	fi
}

quote() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

# hidden PATH: would the guest not see it? Its /tmp, /run and /dev are its own; those of another architecture have
# a system of their own, and nothing else.
hidden() {
	case $1 in
	/tmp | /run | /dev | /dev/shm) return 1 ;;
	/tmp/* | /run/* | /dev/*) return 0 ;;
	/ | /usr | /usr/* | /etc | /etc/* | /bin/* | /sbin/* | /lib* | /proc* | /sys*) return 1 ;;
	/*) [ "$ARCH" != x86 ] ;;
	*) return 1 ;;
	esac
}

# exposed PATH...: those of the paths that the guest shall show all the same.
exposed() {
	local path

	for path; do
		if hidden "$path" && [ -e "$path" ]; then
			printf '%s\n' "$path"
		fi
	done | sort -u
}

# The guest gets what to run as a shell script: no argument or value can be misread on the way.
write_command() {
	local var arg value

	for var in $(compgen -e | grep -E '^(IOMMUFD_|CK_|[A-Z]+SAN_OPTIONS$)' | grep -v '^IOMMUFD_VM_') "${PASS[@]}"; do
		if value=$(printenv "$var"); then
			printf 'export %s=%s\n' "$var" "$(quote "$value")"
		fi
	done
	printf 'export TERM=%s\n' "$(quote "${TERM:-dumb}")"
	printf 'cd %s || exit %d\nexec' "$(quote "$PWD")" "$DIED"
	if [ "$SHELL_MODE" = yes ]; then
		printf ' /bin/bash -i'
	fi
	for arg in "${PROGRAM[@]}"; do
		printf ' %s' "$(quote "$arg")"
	done
	printf '\n'
}

write_settings() {
	printf '%s=%s\n' \
		vm_dir "$(quote "$VM_DIR")" \
		shell_mode "$SHELL_MODE" \
		shell_tty "/dev/${TTY}1" \
		hugepages "$HUGEPAGES" \
		IOMMUFD_VM_SCENARIO "$(quote "$SCENARIO")" \
		ARCH "$ARCH" \
		CTL "$(quote "$CTL")" \
		IOMMUFD_VM_KERNEL "$(quote "$KERNEL")" \
		IOMMUFD_VM_KDIR "$(quote "$KDIR")" \
		IOMMUFD_VM_OUT "$(quote "$OUT")" \
		IOMMUFD_VM_DISK "$(quote "$DISK")" \
		IOMMUFD_VM_SHMEM "$(quote "$SHMEM")"
}

# What the guest needs to know, in a folder that it shares with us.
prepare_control() {
	local program=''

	if [ "$SHELL_MODE" = no ]; then
		program=$(command -v -- "${PROGRAM[0]}") || die "there is no program ${PROGRAM[0]}"
		program=$(realpath "$program")
	fi
	cp "$VM_DIR/init.sh" "$CTL/init"
	chmod +x "$CTL/init"
	write_command >"$CTL/command"
	write_settings >"$CTL/settings"
	# The programs of the suite lie beside the examples, with the libraries that they are linked with.
	exposed "$TOP" "$PWD" "$KDIR" "$program" "$(dirname "${IOMMUFD_EXAMPLES:-/none}")" "${PROGRAM[@]:1}" >"$CTL/expose"
	: >"$CTL/output"
}

find_kernel_files() {
	IMAGE=$("$VM_DIR/kernel.sh" path "$KERNEL") || exit "$DIED"
	if [ -d "$IMAGE" ]; then
		KDIR=$IMAGE
		IMAGE=$(kernel_image "$IMAGE")
	else
		KDIR=$(dirname "$IMAGE")
	fi
	if [ -z "$MEM" ]; then
		MEM=3072
		if [ "$KERNEL" = debug ]; then
			MEM=4096
		fi
	fi
	HUGEPAGES=300
	if [ "$MEM" -lt 2048 ]; then
		HUGEPAGES=$((MEM / 8))
	fi
}

# Ends with the guest, having shown what its program wrote so far and since.
show_output() { tail -c +1 -s 0.1 -f --pid="$1" "$CTL/output"; }

guest_died() {
	local reason=$1

	if [ -s "$CTL/failure" ]; then
		reason=$(cat "$CTL/failure")
	elif grep -q 'Kernel panic' "$CONSOLE"; then
		reason="the kernel panicked"
	fi
	note "guest died: $reason (kernel $KERNEL, scenario $SCENARIO)"
	{
		cat "$OUT/qemu.log"
		if "$VM_DIR/logscan" "$CONSOLE"; then
			tail -n 20 "$CONSOLE" | tr -d '\r'
		fi
	} | sed 's/^/  | /' >&2
	exit "$DIED"
}

run_guest() {
	local pid shower status=0

	timeout -k 5 "$LIMIT" "${QEMU[@]}" </dev/null >"$OUT/qemu.log" 2>&1 &
	pid=$!
	# shellcheck disable=SC2064 # the process of this moment is meant
	trap "kill $pid; exit 130" INT TERM HUP
	show_output "$pid" &
	shower=$!
	wait "$pid" || status=$?
	wait "$shower"
	if [ -s "$CTL/status" ] && [ ! -s "$CTL/failure" ]; then
		exit "$(cat "$CTL/status")"
	elif [ "$status" = 124 ] || [ "$status" = 137 ]; then
		guest_died "no end after $LIMIT seconds"
	elif [ "$status" != 0 ]; then
		guest_died "QEMU ended with status $status"
	fi
	guest_died 'it went off without an exit status'
}

run_shell() {
	local status=0

	note "a shell in the guest: leave it with 'exit', which switches the machine off"
	stty raw -echo <&0
	"${QEMU[@]}" 2>"$OUT/qemu.log" || status=$?
	stty sane <&0
	if [ -s "$CTL/failure" ] || [ "$status" != 0 ]; then
		guest_died "QEMU ended with status $status"
	fi
}

parse "$@"
ARCH=$(kernel_arch "$KERNEL")
need_machine "$ARCH"
scenario_load "$SCENARIO"
find_kernel_files
# Its name goes to the kernel as a parameter, which has no blanks.
case ${TMPDIR:-/tmp} in
*[[:space:]]*) CTL=$(mktemp -d /tmp/iommufd-vm.XXXXXX) ;;
*) CTL=$(mktemp -d "${TMPDIR:-/tmp}/iommufd-vm.XXXXXX") ;;
esac
trap 'rm -rf "$CTL"' EXIT
OUT=${OUT:-$CTL/out}
mkdir -p "$OUT"
OUT=$(realpath "$OUT")
CONSOLE=$OUT/console.log
DISK=$OUT/disk.img
SHMEM=$OUT/shmem.img
: >"$CONSOLE"
build_machine
prepare_control
if [ "$SHELL_MODE" = yes ]; then
	run_shell
else
	run_guest
fi
