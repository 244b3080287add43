#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Runs the test programs of a table, each in its scenarios, and counts.
set -euo pipefail
# shellcheck source=tests/vm/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=tests/vm/results.sh
. "$VM_DIR/results.sh"

usage() {
	cat <<-EOF
		usage: suite.sh KERNEL [--only SCENARIO|PROGRAM]... [--no-skip] [--table FILE]
		       suite.sh --total FILE
		  KERNEL    main, lts, debug, arm64, ... as for run.sh; "native" runs only what needs no machine
		  --only    just this scenario, or this program
		  --no-skip a skipped test is a failure
		  --table   instead of tests/suites
		  --total   adds up a results file
		Environment: RESULTS is a file to which a line per program is appended (kernel, scenario, program, passed,
		failed, skipped, milliseconds; tabs between), TEST_BIN the folder of the built programs (build/tests;
		build/arm64/tests for that architecture),
		LOGS the folder for logs (build/vm), TIME_SCALE a factor for all time limits.
	EOF
}

KERNEL='' ONLY=() NO_SKIP=no TABLE=$TOP/tests/suites DEFAULT_LIMIT=60
LOGS=${LOGS:-$TOP/build/vm}

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--only | --table | --total)
			[ $# -ge 2 ] || { usage >&2; exit 2; }
			case $1 in
			--only) ONLY+=("$2") ;;
			--table) TABLE=$2 ;;
			--total) total "$2" && exit 0 || exit 1 ;;
			esac
			shift
			;;
		--no-skip) NO_SKIP=yes ;;
		-h | --help) usage; exit 0 ;;
		-*) usage >&2; exit 2 ;;
		*) [ -z "$KERNEL" ] || { usage >&2; exit 2; }; KERNEL=$1 ;;
		esac
		shift
	done
	[ -n "$KERNEL" ] || { usage >&2; exit 2; }
	[ -r "$TABLE" ] || die "there is no table $TABLE"
}

# Everything is slower in the debug kernel.
time_scale() {
	if [ "$KERNEL" = debug ]; then
		echo "${TIME_SCALE:-4}"
	else
		echo "${TIME_SCALE:-1}"
	fi
}

# wanted SCENARIO PROGRAM: is it among what --only names?
wanted() {
	local only

	[ ${#ONLY[@]} != 0 ] || return 0
	for only in "${ONLY[@]}"; do
		case $only in
		"$1" | "$2" | "${2##*/}" | "$(basename "$2" .sh)") return 0 ;;
		esac
	done
	return 1
}

# The table as lines "SCENARIO PROGRAM LIMIT".
table() {
	awk -v limit="$DEFAULT_LIMIT" -v scale="$(time_scale)" '
		/^[ \t]*(#|$)/ { next }
		NF < 2 || NF > 3 || (NF == 3 && $3 !~ /^[0-9]+$/) { print "bad line in the table: " $0 >"/dev/stderr"; exit 1 }
		{ n = split($2, s, ","); for (i = 1; i <= n; i++) print s[i], $1, ($3 ? $3 : limit) * scale }' "$TABLE"
}

# program_path PROGRAM: a path below the project, or the name of a built test program.
program_path() {
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*/*) printf '%s\n' "$TOP/$1" ;;
	*) printf '%s\n' "$TEST_BIN/$1" ;;
	esac
}

# plan SCENARIO FOLDER: writes the plan of that scenario; a program that does not exist is a failure.
plan() {
	local scenario program limit name path

	: >"$2/plan"
	while read -r scenario program limit; do
		if [ "$scenario" != "$1" ] || ! wanted "$scenario" "$program"; then
			continue
		fi
		name=$(basename "$program" .sh)
		path=$(program_path "$program")
		if [ ! -x "$path" ]; then
			fail_one "$scenario" "$name" 'there is no such program: was it built?' "$path"
			continue
		fi
		printf '%s %d %s\n' "$name" "$limit" "$path" >>"$2/plan"
	done <"$WORK/table"
}

# run_native SCENARIO FOLDER
run_native() {
	local scenario=$1 dir=$2 name limit path status start

	while read -r name limit path <&3; do
		start=$(date +%s%3N)
		status=0
		# The outer redirection is for what bash has to say about a program that was killed.
		(cd "$TOP" && env -u RESULTS IOMMUFD_TAP="$dir/$name.tap" IOMMUFD_VM_SCENARIO="$scenario" IOMMUFD_VM_OUT="$dir" \
			IOMMUFD_VM_KERNEL="$KERNEL" timeout -k 5 "$limit" "$path" </dev/null >"$dir/$name.log" 2>&1
		) 2>/dev/null || status=$?
		judge "$scenario" "$name" "$status" $(($(date +%s%3N) - start)) "$limit" "$dir"
	done 3<"$dir/plan"
}

# guest_died SCENARIO FOLDER DONE WHY: the programs that have no result get a failed one.
guest_died() {
	local scenario=$1 dir=$2 finished=$3 why=$4 name limit path reason

	reason="the guest died: $why"
	while read -r name limit path; do
		if [[ " $finished " != *" $name "* ]]; then
			fail_one "$scenario" "$name" "$reason" "${dir#"$TOP/"}/console.log"
			reason='not run: the guest had died'
		fi
	done <"$dir/plan"
	sed 's/^/      | /' "$dir/run.log"
}

# run_in_guest SCENARIO FOLDER: boots it, and judges each program as soon as it has ended.
run_in_guest() {
	local scenario=$1 dir=$2 total wait line finished='' ended=no silent=0 limit=0
	local name status ms pid why

	wait=$((150 + 150 * $(time_scale))) # to boot, and in the debug kernel to look for leaks
	total=$(awk -v w="$wait" '{ s += $2 } END { print s + 2 * w + 300 }' "$dir/plan")
	exec 4< <(exec "$VM_DIR/run.sh" -k "$KERNEL" -s "$scenario" -t "$total" -o "$dir" -- \
		"$VM_DIR/guest-run.sh" "$dir/plan" 2>"$dir/run.log")
	pid=$!
	while read -r -t "$wait" line <&4 || { silent=$?; false; }; do
		# shellcheck disable=SC2086 # words on purpose
		set -- $line
		case ${1:-} in
		@begin)
			limit=$3
			wait=$((limit + 60)) # longer than the guest needs to stop a program: then it hangs as a whole
			[ -n "$finished" ] || judge_kernel_log "$scenario" 'boot' "$dir/boot.kmsg"
			;;
		@done)
			name=$2 status=$3 ms=$4
			finished="$finished $name"
			wait=150
			judge "$scenario" "$name" "$status" "$ms" "$limit" "$dir"
			;;
		@end) ended=yes ;;
		esac
	done
	if [ "$ended" = yes ]; then
		judge_leaks "$scenario" "$dir"
	else
		why=$(sed -n 's/^run\.sh: guest died: //p' "$dir/run.log")
		if [ "$silent" -gt 128 ]; then # read gave up, it did not come to an end
			kill "$pid"
			why="no sign of life for $wait seconds"
		fi
		guest_died "$scenario" "$dir" "$finished" "${why:-see below}"
	fi
	exec 4<&-
}

run_scenario() {
	local scenario=$1 dir

	dir=$LOGS/$(basename "$KERNEL")/$scenario
	rm -rf "$dir"
	mkdir -p "$dir"
	printf '%s, %s:\n' "$KERNEL" "$scenario"
	plan "$scenario" "$dir"
	if [ ! -s "$dir/plan" ]; then
		return 0
	elif on_host "$scenario"; then
		run_native "$scenario" "$dir"
	else
		run_in_guest "$scenario" "$dir"
	fi
}

on_host() { [ "$1" = native ] || [ "$1" = native-each ]; }

# What runs on the host says nothing about a kernel: once is enough, with main. In native-each it is about its headers.
# A machine is for one architecture or the other.
scenarios() {
	local scenario program limit

	while read -r scenario program limit; do
		if ! wanted "$scenario" "$program"; then
			continue
		elif on_host "$scenario"; then
			case $KERNEL in
			main | native) ;;
			lts) [ "$scenario" = native-each ] || continue ;;
			*) continue ;;
			esac
		else
			[ "$KERNEL" != native ] || continue
			scenario_is_for "$scenario" "$ARCH" || continue
		fi
		printf '%s\n' "$scenario"
	done <"$WORK/table" | awk '!seen[$0]++'
}

parse "$@"
ARCH=$(kernel_arch "$KERNEL")
TEST_BIN=${TEST_BIN:-$TOP/$(build_folder "$ARCH")/tests}
export IOMMUFD_EXAMPLES=${IOMMUFD_EXAMPLES:-$(dirname "$TEST_BIN")/examples}
CK_TIMEOUT_MULTIPLIER=$(time_scale) # for the limit that each test has in its program
export CK_TIMEOUT_MULTIPLIER
WORK=$(mktemp -d "${TMPDIR:-/tmp}/suite.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
table >"$WORK/table"
if [ "$KERNEL" != native ]; then
	"$VM_DIR/kernel.sh" path "$KERNEL" >/dev/null
fi
scenarios >"$WORK/scenarios"
[ -s "$WORK/scenarios" ] || note "with kernel $KERNEL there is nothing to run of what --only names"
# Before minutes are spent on what needs no machine.
if grep -qvxE 'native(-each)?' "$WORK/scenarios"; then
	need_machine "$ARCH"
fi
while read -r scenario <&5; do
	run_scenario "$scenario"
done 5<"$WORK/scenarios"
summary "$PASSED" "$FAILED" "$SKIPPED"
