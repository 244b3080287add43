# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the tests of the examples share: sourced by them in the guest. Results in TAP, to the file named by IOMMUFD_TAP or
# to standard output.
set -u
top=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck disable=SC2034 # for who sources this
bin=${IOMMUFD_EXAMPLES:-$top/build/examples}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
exec 3>>"${IOMMUFD_TAP:-/dev/stdout}"
tests=0 failed=0

# result NAME OK: one line of TAP.
result() {
	tests=$((tests + 1))
	if [ "$2" = yes ]; then
		echo "ok $tests - ${suite:-examples}:$1" >&3
	else
		failed=$((failed + 1))
		echo "not ok $tests - ${suite:-examples}:$1 # $3" >&3
	fi
}

# run STATUS COMMAND...: runs it, keeps what it prints in $out/text, and says whether it ended as it should.
run() {
	local want=$1 status=0
	shift

	echo "--- $*"
	"$@" >"$out/text" 2>&1 || status=$?
	cat "$out/text"
	result "$(basename "$1") ends with $want" "$([ "$status" = "$want" ] && echo yes)" "status $status: $*"
}

# says NAME REGEX: some line of the last output matches.
says() { result "$1" "$(grep -qE -- "$2" "$out/text" && echo yes)" "no line like: $2"; }

# says_not NAME REGEX: none does.
says_not() { result "$1" "$(grep -qE -- "$2" "$out/text" || echo yes)" "there is a line like: $2"; }

results_end() {
	echo "1..$tests" >&3
	[ "$failed" = 0 ]
}
