# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034 # the variables are those of run.sh
#
# The QEMU command line. Sourced by run.sh; a scenario adds to it with qemu, append and the device functions.

QEMU=() APPEND=()

qemu() { QEMU+=("$@"); }
append() { APPEND+=("$@"); }

scenario_names() { find "$VM_DIR/scenarios" -name '*.sh' -printf '%f\n' | sed 's/\.sh$//' | sort; }

scenario_load() {
	if ! scenario_names | grep -qxF -- "$1"; then
		die "no scenario '$1'; there are: $(scenario_names | paste -sd ' ')"
	fi
	# shellcheck source=tests/vm/devices.sh
	. "$VM_DIR/devices.sh"
	# shellcheck disable=SC1090 # whichever scenario was asked for
	. "$VM_DIR/scenarios/$1.sh"
}

# needs_device MODEL: for scenarios with a device that not every QEMU has.
needs_device() {
	if ! qemu-system-x86_64 -device help 2>&1 | grep -q "^name \"$1\""; then
		die "scenario '$SCENARIO' needs the device $1, which this QEMU does not have:" \
			"$(qemu-system-x86_64 --version | head -n 1)"
	fi
}

# Without five-level page tables: with them an interrupt at a bad moment of the boot makes KASAN report a wild access
# that is none, because the kernel has forgotten for an instant how long its addresses are.
emulate() { qemu -accel 'tcg,thread=multi' -cpu max,la57=off; }

# Hardware acceleration only when asked for, and only after a machine with it has reached user space: on some
# machines /dev/kvm is there and the guest hangs for ever.
accelerator() {
	local memo

	if [ "${KVM:-0}" != 1 ]; then
		emulate
		return
	fi
	memo=$(cache_dir)/kvm-$(cat /proc/sys/kernel/random/boot_id)
	if [ ! -e "$memo" ]; then
		mkdir -p "$(cache_dir)"
		rm -f "$(cache_dir)"/kvm-*
		if KVM=probed "$VM_DIR/run.sh" -k "$KERNEL" -s mock -t 20 /bin/true 2>/dev/null; then
			echo yes >"$memo"
		else
			echo no >"$memo"
		fi
	fi
	if [ "$(cat "$memo")" = yes ]; then
		qemu -accel kvm -cpu host
	else
		note 'NOTICE: hardware acceleration does not work here (a probe boot failed); emulating'
		emulate
	fi
}

# share TAG FOLDER OPTIONS: a folder of the host, over 9p.
share() {
	qemu -fsdev "local,id=$1,path=${2//,/,,},security_model=none,multidevs=remap$3" \
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1"
}

# The image of the NVMe disk: the same pseudo-random bytes each time (pattern.h), so a test knows what it reads.
make_disk() {
	local tool=$TOP/build/vm/mkdisk new

	if [ ! -e "$tool" ] || [ "$VM_DIR/mkdisk.c" -nt "$tool" ]; then
		mkdir -p "$TOP/build/vm"
		new=$(mktemp "$tool.XXXXXX")
		"${CC:-cc}" -O2 -o "$new" "$VM_DIR/mkdisk.c"
		mv "$new" "$tool"
	fi
	"$tool" "$DISK" "$DISK_MB"
}

build_machine() {
	QEMU=(qemu-system-x86_64)
	if [ "${KVM:-0}" = probed ]; then
		qemu -accel kvm -cpu host
	else
		accelerator
	fi
	qemu -m "$MEM" -smp 2 -nodefaults -display none -no-reboot -kernel "$IMAGE" \
		-chardev "file,id=console,path=${CONSOLE//,/,,}" -serial chardev:console
	# Emulated processors get held up for long. Neither shall the kernel then panic because timer interrupts are late
	# at boot, nor spend seconds on finding out whose clock is wrong.
	append no_timer_check tsc=reliable
	append console=ttyS0 panic=1 root=root rootfstype=9p \
		rootflags=trans=virtio,version=9p2000.L,msize=1048576,cache=loose ro "init=$CTL/init"
	scenario_machine
	if [ "$SHELL_MODE" = yes ]; then
		qemu -chardev stdio,id=shell,signal=off -serial chardev:shell
	fi
	share root / ,readonly=on
	share ctl "$CTL" ''
	share out "$OUT" ''
	qemu -append "${APPEND[*]}"
}
