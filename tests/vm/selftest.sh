#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Does the suite runner count right? Lets it run programs that pass, fail, crash, hang, skip and lie, on the host and in
# a machine, and compares what it says. Writes TAP to $IOMMUFD_TAP, or to the standard output.
set -euo pipefail
# shellcheck source=tests/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

TAP=${IOMMUFD_TAP:-/dev/stdout}
KERNEL=${IOMMUFD_VM_KERNEL:-main}
if [ "$KERNEL" = native ]; then
	echo '1..0 # SKIP needs a machine, and so a kernel' >>"$TAP"
	exit
fi
# In the work tree, which the guest sees as well.
DIR=$(mkdir -p "$TOP/build/vm" && mktemp -d "$TOP/build/vm/selftest.XXXXXX")
trap 'rm -rf "$DIR"' EXIT
unset IOMMUFD_TAP

# program NAME: a shell script from the standard input, with a few words for it.
program() {
	{
		cat <<-'EOF'
			#!/bin/sh
			say() { printf '%s\n' "$@" >>"$IOMMUFD_TAP"; }
		EOF
		cat
	} >"$DIR/$1"
	chmod +x "$DIR/$1"
}

program pass <<<"say 'ok 1 - a:b' 'ok 2 - a:c' 1..2"
program plan-first <<<"say 1..1 'ok 1 - a:b'"
program fail <<<"say 'ok 1 - a:b' 'not ok 2 - a:c # wrong' 1..2; exit 1"
program crash <<<"say 'ok 1 - a:b'; kill -SEGV \$\$"
program crash-late <<<"say 'ok 1 - a:b' 1..1; kill -ABRT \$\$"
program hang <<<"say 'ok 1 - a:b' 1..1; sleep 100"
program skip <<<"say 'ok 1 - a:b' 'ok 2 - a:c # SKIP not here' 1..2"
program skip-all <<<"say '1..0 # SKIP nothing of this here'"
program no-plan <<<"say 'ok 1 - a:b'"
program no-tap <<<"exit 0"
program no-test <<<"say 1..0"
program short <<<"say 'ok 1 - a:b' 1..3"
program liar <<<"say 'not ok 1 - a:b # wrong' 1..1; exit 0"
program leak <<<"say 'ok 1 - a:b' 1..1; exit 23"
program warn <<<"echo 'WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2' >/dev/kmsg; say 'ok 1 - a:b' 1..1"
program fault <<<"echo 'DMAR: DRHD: handling fault status reg 2' >/dev/kmsg; say 'ok 1 - a:b' 1..1"
program expected <<'EOF'
echo 'libiommufd-test: expect dma-fault' >/dev/kmsg
echo 'DMAR: DRHD: handling fault status reg 2' >/dev/kmsg
echo 'libiommufd-test: end expect' >/dev/kmsg
say 'ok 1 - a:b' 1..1
EOF
program die <<<"say 'ok 1 - a:b' 1..1; echo c >/proc/sysrq-trigger; sleep 50"
program off <<<"echo o >/proc/sysrq-trigger; sleep 50"
program patient <<<"[ \"\$CK_TIMEOUT_MULTIPLIER\" = 2 ] && say 'ok 1 - a:b'; say 1..1"
program later <<<"say 'ok 1 - a:b' 1..1"
program where <<'EOF'
[ "$IOMMUFD_VM_SCENARIO" = mock ] && [ -c /dev/iommu ] && [ -w "$IOMMUFD_VM_OUT" ] && say 'ok 1 - a:b'
say 1..1
EOF

# Program, scenarios, limit; what must be counted: passed, failed, skipped.
cases() {
	sed '/^$/d' <<-'EOF'
		pass native,mock 20 : 2 0 0
		plan-first native,native-each,mock 20 : 1 0 0
		fail native,mock 20 : 1 1 0
		crash native,mock 20 : 1 1 0
		crash-late native,mock 20 : 1 1 0
		hang native,mock 2 : 1 1 0
		patient native,mock 20 : 1 0 0
		skip native,mock 20 : 1 0 1
		skip-all native,mock 20 : 0 0 1
		no-plan native,mock 20 : 1 1 0
		no-tap native,mock 20 : 0 1 0
		no-test native,mock 20 : 0 1 0
		short native,mock 20 : 1 1 0
		liar native,mock 20 : 0 2 0
		leak native,mock 20 : 1 1 0
		missing native,mock 20 : 0 1 0
		warn mock 20 : 1 1 0
		fault mock 20 : 1 1 0
		expected mock 20 : 1 0 0
		where mock 20 : 1 0 0
		pass noir 20 : 2 0 0
		die noir 20 : 0 1 0
		later noir 20 : 0 1 0
		off noiommu 20 : 0 1 0
		later noiommu 20 : 0 1 0
		later smmuv3 20 : 0 0 0
	EOF
}

number=0 failed=0
# expect NAME WANT GOT
expect() {
	number=$((number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $number - runner:$1" >>"$TAP"
	else
		failed=$((failed + 1))
		echo "not ok $number - runner:$1 # got '$3', should be '$2'" >>"$TAP"
	fi
}

# suite RESULTS OPTIONS...: runs the programs, and sets STATUS and LAST, the closing line.
suite() {
	STATUS=0
	RESULTS=$1 TEST_BIN=$DIR LOGS=$DIR/logs TIME_SCALE=2 \
		"$VM_DIR/suite.sh" "${@:2}" --table "$DIR/table" >"$DIR/out" 2>&1 || STATUS=$?
	LAST=$(tail -n 1 "$DIR/out")
	cat "$DIR/out"
}

# counted RESULTS SCENARIO PROGRAM: what the results file says.
counted() { awk -F '\t' -v s="$2" -v p="$3" '$2 == s && $3 == p { print $4, $5, $6 }' "$1"; }

cases | sed 's/ :.*//' >"$DIR/table"
suite "$DIR/results" "$KERNEL"
lines=0
while read -r program scenarios _ _ want; do
	for scenario in ${scenarios//,/ }; do
		case $KERNEL,$scenario in
		*,smmuv3) continue ;; # not for these kernels: nothing is counted
		main,* | lts,native-each) ;;
		*,native*) continue ;;
		esac
		lines=$((lines + 1))
		expect "$scenario, $program" "$want" "$(counted "$DIR/results" "$scenario" "$program")"
	done
done < <(cases)
expect 'nothing else is counted' "$lines" "$(wc -l <"$DIR/results")"
expect 'failures make it fail' 1 "$STATUS"
sums=$(awk '{ p += $4; f += $5; s += $6 } END { print p " passed, " f " failed, " s " skipped" }' "$DIR/results")
expect 'closing line' "$sums" "$LAST"
expect 'total of a file' "$sums" "$("$VM_DIR/suite.sh" --total "$DIR/results" && :)"

suite "$DIR/one" native --only pass
expect 'only one program' '2 passed, 0 failed, 0 skipped' "$LAST"
expect 'success' 0 "$STATUS"
suite "$DIR/skips" native --only skip --no-skip
expect 'a skip where none is allowed' '1 passed, 1 failed, 1 skipped' "$LAST"
suite "$DIR/nothing" native --only nothing-of-that-name
expect 'no test at all is a failure' '1: 0 passed, 0 failed, 0 skipped' "$STATUS: $LAST"

# refused WHY ARGUMENT...: run.sh does not even begin, and says why.
refused() {
	local why=$1 status=0
	shift

	"$VM_DIR/run.sh" "$@" /bin/true >"$DIR/out" 2>&1 || status=$?
	cat "$DIR/out"
	expect "refused: $*" "$why" "$([ "$status" != 0 ] && grep -oF -- "$why" "$DIR/out")"
}

refused "scenario 'smmuv3' is for arm64" -k "$KERNEL" -s smmuv3
refused "scenario 'vtd' is for x86" -k arm64 -s vtd
XDG_CACHE_HOME=$DIR/empty refused "kernel 'arm64' is not built" -k arm64

echo "1..$number" >>"$TAP"
[ "$failed" = 0 ]
