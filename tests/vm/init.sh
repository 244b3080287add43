#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The guest's init. run.sh copies it into the control folder, which is where everything else comes from: settings,
# the command, and back the output and the exit status.
#
# A guest of the host's architecture has the host's root as its own. One of another starts in an initial root that has
# nothing but this script, busybox, and a file "host" that names two folders of the host: one with a system for the
# guest, and the control folder.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH HOME=/tmp LANG=C.UTF-8
ctl=${0%/init}
vm_dir='' shell_mode=no shell_tty='' hugepages=0 # see the settings file

# From the moment of switching off the root may be gone: nothing but the shell itself runs until it takes effect.
off() {
	echo o >/proc/sysrq-trigger
	while :; do :; done
}

# fail REASON: the machine could not be made as the scenario wants it.
fail() {
	echo "$*" >"$ctl/failure"
	echo "setting up the guest failed: $*" >/dev/kmsg
	off
}

mount_share() {
	mkdir -p "$2"
	mount -t 9p -o "trans=virtio,version=9p2000.L,msize=1048576${3:-}" "$1" "$2"
}

# The folders of the system; what the tests need of the host's is shown later.
make_root() {
	mkdir -p /etc /proc /sys /dev /run /tmp
	mount_share root "$files" ,cache=loose,ro
	mount --bind "$files$system/etc" /etc
	mount --bind "$files$system/usr" /usr
}

files=/ # of the host
if [ "$0" = /init ]; then
	files=/files
	{ read -r system && read -r ctl; } </host
	if [ ! -e "$files" ]; then
		make_root
		exec /bin/sh /init # busybox takes its own commands instead of the system's
	fi
fi
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/shm /dev/pts
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
ln -s /proc/self/fd /dev/fd

# The host's /tmp disappears below ours; what the tests need of it (the work tree may be there) is shown again.
mkdir /run/host
mount --bind "$files" /run/host
mount -t tmpfs tmpfs /tmp
while read -r path; do
	if [ -d "/run/host$path" ]; then
		mkdir -p "$path"
	else
		mkdir -p "${path%/*}"
		[ -e "$path" ] || : >"$path"
	fi
	mount --bind "/run/host$path" "$path"
done <"/run/host$ctl/expose"
mount_share ctl "$ctl" || off
# shellcheck source=/dev/null
. "$ctl/settings"
mount_share out "$IOMMUFD_VM_OUT" || fail 'the output folder cannot be mounted'
export IOMMUFD_VM_SCENARIO IOMMUFD_VM_KERNEL IOMMUFD_VM_KDIR IOMMUFD_VM_OUT
if [ "$files" != / ]; then
	mount -o remount,ro /
fi

echo "$hugepages" >/proc/sys/vm/nr_hugepages
# shellcheck source=tests/vm/devices.sh
. "$vm_dir/devices.sh"
# shellcheck source=/dev/null
. "$vm_dir/scenarios/$IOMMUFD_VM_SCENARIO.sh"
scenario_setup
echo "libiommufd-test: scenario $IOMMUFD_VM_SCENARIO is ready" >/dev/kmsg

if [ "$shell_mode" = yes ]; then
	setsid -c -w sh "$ctl/command" <>"$shell_tty" >&0 2>&1
else
	sh "$ctl/command" </dev/null >>"$ctl/output" 2>&1
fi
echo $? >"$ctl/status"
off
