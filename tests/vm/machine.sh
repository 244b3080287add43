# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034 # the variables are those of run.sh
#
# The QEMU command line. Sourced by run.sh; a scenario adds to it with qemu, append and the device functions.

QEMU=() APPEND=() INITRD=()
TTY='' # names of serial lines begin with it

qemu() { QEMU+=("$@"); }
append() { APPEND+=("$@"); }

scenario_names() { find "$VM_DIR/scenarios" -name '*.sh' -printf '%f\n' | sed 's/\.sh$//' | sort; }

scenario_load() {
	if ! scenario_names | grep -qxF -- "$1"; then
		die "no scenario '$1'; there are: $(scenario_names | paste -sd ' ')"
	fi
	scenario_is_for "$1" "$ARCH" ||
		die "scenario '$1' is for $(archs_of "$1"), and kernel '$KERNEL' for $ARCH"
	# shellcheck source=tests/vm/devices.sh
	. "$VM_DIR/devices.sh"
	# shellcheck disable=SC1090 # whichever scenario was asked for
	. "$VM_DIR/scenarios/$1.sh"
}

# needs_device MODEL: for scenarios with a device that not every QEMU has.
needs_device() {
	if ! "${QEMU[0]}" -device help 2>&1 | grep -q "^name \"$1\""; then
		die "scenario '$SCENARIO' needs the device $1, which this QEMU does not have:" \
			"$("${QEMU[0]}" --version | head -n 1)"
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
	local tool

	tool=$(host_tool mkdisk)
	"$tool" "$DISK" "$DISK_MB"
}

# correct_iort: the kernel gets the table IORT as mkiort.c makes it, in an archive before the initial root.
correct_iort() {
	local kept

	kept=$(cache_dir)/arm64/iort-$({
		"${QEMU[0]}" --version
		declare -f smmuv3_machine
		cat "$VM_DIR/mkiort.c"
	} | sha256sum | cut -c1-12)
	[ -e "$kept" ] || make_iort "$kept"
	mkdir -p "$CTL/tables/kernel/firmware/acpi"
	cp "$kept" "$CTL/iort"
	cp "$kept" "$CTL/tables/kernel/firmware/acpi/iort.aml"
	archive "$CTL/tables" >"$CTL/tables.cpio"
	INITRD=("$CTL/tables.cpio" "${INITRD[@]}")
}

# make_iort FILE: from the machine's own table, which is the same for each of its kind, read in a first boot.
make_iort() {
	local dir=$CTL/first tool status=0

	note 'reading tables of the machine in a first, short boot, once'
	mkdir "$dir"
	"$VM_DIR/run.sh" -k "$KERNEL" -s smmuv3-plain -t 120 -o "$dir" -- \
		/bin/cp /sys/firmware/acpi/tables/IORT "$dir/iort" || die 'the tables of the machine cannot be read'
	tool=$(host_tool mkiort)
	"$tool" "$dir/iort" "$dir/corrected" || status=$?
	case $status in
	0) mv "$dir/corrected" "$1.$$" ;;
	3) mv "$dir/iort" "$1.$$" ;; # a QEMU that has it right
	*) die 'the table IORT cannot be corrected' ;;
	esac
	mv "$1.$$" "$1"
}

# What a machine of the host's architecture has: the root comes over 9p.
x86_machine() {
	QEMU=(qemu-system-x86_64)
	TTY=ttyS
	if [ "${KVM:-0}" = probed ]; then
		qemu -accel kvm -cpu host
	else
		accelerator
	fi
	# Emulated processors get held up for long. Neither shall the kernel then panic because timer interrupts are late
	# at boot, nor spend seconds on finding out whose clock is wrong.
	append no_timer_check tsc=reliable
	append root=root rootfstype=9p rootflags=trans=virtio,version=9p2000.L,msize=1048576,cache=loose ro \
		"init=$CTL/init"
}

# One of another architecture has an initial root, which makes the root: see init.sh.
arm64_machine() {
	local command root

	command=$("$VM_DIR/arm64.sh" path qemu)
	root=$("$VM_DIR/arm64.sh" path root)
	QEMU=("$command" -accel 'tcg,thread=multi' -cpu max)
	TTY=ttyAMA
	initial_root "$root" >"$CTL/initial.cpio"
	INITRD=("$CTL/initial.cpio")
}

# initial_root SYSTEM: an archive.
initial_root() {
	local dir=$CTL/initial applet

	mkdir -p "$dir/usr/bin"
	for applet in bin sbin lib; do
		ln -s "usr/$applet" "$dir/$applet"
	done
	cp "$1/bin/busybox" "$dir/usr/bin/"
	for applet in sh mount mkdir; do
		ln -s busybox "$dir/usr/bin/$applet"
	done
	cp "$VM_DIR/init.sh" "$dir/init"
	chmod +x "$dir/init"
	printf '%s\n' "$1" "$CTL" >"$dir/host"
	archive "$dir"
}

# archive FOLDER: as the kernel wants it for an initial root.
archive() { (cd "$1" && find . -mindepth 1 | cpio --quiet -o -H newc -R 0:0); }

build_machine() {
	"${ARCH}_machine"
	qemu -m "$MEM" -smp 2 -nodefaults -display none -no-reboot -kernel "$IMAGE" \
		-chardev "file,id=console,path=${CONSOLE//,/,,}" -serial chardev:console
	append "console=${TTY}0" panic=1
	scenario_machine
	if [ "$SHELL_MODE" = yes ]; then
		qemu -chardev stdio,id=shell,signal=off -serial chardev:shell
	fi
	share root / ,readonly=on
	share ctl "$CTL" ''
	share out "$OUT" ''
	qemu -append "${APPEND[*]}"
	if [ ${#INITRD[@]} != 0 ]; then
		cat "${INITRD[@]}" >"$CTL/initrd"
		qemu -initrd "$CTL/initrd"
	fi
}
