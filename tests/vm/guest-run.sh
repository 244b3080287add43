#!/bin/sh
# SPDX-License-Identifier: MIT
#
# guest-run.sh PLAN: runs test programs in the guest, one after the other. suite.sh, which reads what this prints, does
# the judging. PLAN has a line "NAME LIMIT PROGRAM" for each. Left in the output folder: NAME.tap, NAME.log (what the
# program printed), NAME.kmsg (what the kernel printed meanwhile).
out=$IOMMUFD_VM_OUT
leaks=/sys/kernel/debug/kmemleak

uptime_ms() { awk '{ printf "%d", $1 * 1000 }' /proc/uptime; }

# Twice, because an object counts as leaked only when it was found to be unreferenced in two scans.
scan_leaks() {
	sleep 6
	echo scan >"$leaks"
	echo scan >"$leaks"
}

if [ -w "$leaks" ]; then
	scan_leaks
	echo clear >"$leaks" # whatever leaked while booting is not ours
fi
dmesg -c >"$out/boot.kmsg"

while read -r name limit program; do
	echo "@begin $name $limit"
	start=$(uptime_ms)
	# GCOV_PREFIX is for programs built for "make coverage": their counts go there.
	IOMMUFD_TAP=$out/$name.tap GCOV_PREFIX=$out/gcov timeout -k 5 "$limit" "$program" >"$out/$name.log" 2>&1
	status=$?
	end=$(uptime_ms)
	dmesg -c >"$out/$name.kmsg"
	echo "@done $name $status $((end - start))"
done <"$1"

if [ -w "$leaks" ]; then
	echo "@begin kmemleak 300"
	scan_leaks
	cat "$leaks" >"$out/kmemleak.txt"
	dmesg -c >"$out/kmemleak.kmsg"
fi
echo '@end'
