# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Judging and counting the results of test programs. Sourced by suite.sh.

PASSED=0 FAILED=0 SKIPPED=0

# record SCENARIO NAME PASSED FAILED SKIPPED MILLISECONDS: counts, shows and writes down one line of results.
record() {
	PASSED=$((PASSED + $3))
	FAILED=$((FAILED + $4))
	SKIPPED=$((SKIPPED + $5))
	printf '  %-32s %4d passed %4d failed %4d skipped %7d.%d s\n' "$2" "$3" "$4" "$5" $(($6 / 1000)) $(($6 % 1000 / 100))
	if [ -n "${RESULTS:-}" ]; then
		printf '%s\t%s\t%s\t%d\t%d\t%d\t%d\n' "$KERNEL" "$1" "$2" "$3" "$4" "$5" "$6" >>"$RESULTS"
	fi
}

failure() { printf '      FAILED %s\n' "$*"; }

# fail_one SCENARIO NAME REASON LOG: a failure that no test program reported itself.
fail_one() {
	record "$1" "$2" 0 1 0 0
	failure "$3"
	printf '      see %s\n' "$4"
}

# tap_counts FILE: "passed failed skipped plan", plan being "none" if there is none.
tap_counts() {
	awk '
		BEGIN { plan = "none" }
		/^not ok / { failed++; next }
		/^ok .*# *[Ss][Kk][Ii][Pp]/ { skipped++; next }
		/^ok / { passed++; next }
		/^1\.\.0/ { plan = 0; if (/# *[Ss][Kk][Ii][Pp]/) { skipped++; plan = 1 } next }
		/^1\.\.[0-9]+/ { plan = substr($1, 4) }
		END { print passed + 0, failed + 0, skipped + 0, plan }' "$1"
}

# why_wrong STATUS LIMIT COUNT FAILED PLAN: what is wrong with how a program ended, nothing if nothing is.
why_wrong() {
	local status=$1 limit=$2 count=$3 failed=$4 plan=$5

	if [ "$status" = 124 ] || [ "$status" = 137 ]; then
		echo "stopped: it ran longer than $limit seconds"
	elif [ "$status" -gt 128 ]; then
		echo "killed by signal $((status - 128)) ($(kill -l $((status - 128))))"
	elif [ "$plan" = none ]; then
		echo "ended with status $status before it had written its plan"
	elif [ "$plan" != "$count" ]; then
		echo "planned $plan tests and reported $count"
	elif [ "$status" != 0 ] && [ "$failed" = 0 ]; then
		echo "ended with status $status although no test failed"
	elif [ "$status" = 0 ] && [ "$failed" != 0 ]; then
		echo "ended with status 0 although a test failed"
	elif [ "$count" = 0 ]; then
		echo 'ran no test'
	fi
}

# judge SCENARIO NAME STATUS MILLISECONDS LIMIT FOLDER: one program that has ended.
judge() {
	local scenario=$1 name=$2 base=$6/$2 passed failed skipped plan why more=()

	[ -e "$base.tap" ] || : >"$base.tap"
	read -r passed failed skipped plan < <(tap_counts "$base.tap")
	why=$(why_wrong "$3" "$5" $((passed + failed + skipped)) "$failed" "$plan")
	if [ -n "$why" ]; then
		more+=("$name: $why")
	fi
	if [ "$NO_SKIP" = yes ] && [ "$skipped" -gt 0 ]; then
		more+=("$name: $skipped skipped, on a kernel that has everything")
	fi
	if [ -e "$base.kmsg" ] && ! "$VM_DIR/logscan" "$base.kmsg" >"$base.kbad"; then
		more+=("$name: kernel log, see ${base#"$TOP/"}.kmsg")
	fi
	record "$scenario" "$name" "$passed" $((failed + ${#more[@]})) "$skipped" "$4"
	if [ "$NO_SKIP" = yes ]; then
		sed -n 's/^ok .*# *[Ss][Kk][Ii][Pp]/      &/p' "$base.tap"
	fi
	if [ $((failed + ${#more[@]})) != 0 ]; then
		sed -n 's/^not ok /      FAILED /p' "$base.tap"
		if [ ${#more[@]} != 0 ]; then
			printf '      FAILED %s\n' "${more[@]}"
		fi
		if [ -s "$base.kbad" ]; then
			sed 's/^/      | /' "$base.kbad"
		fi
		if [ -n "$why" ]; then
			tail -n 15 "$base.log" | sed 's/^/      | /'
		fi
		printf '      see %s\n' "${base#"$TOP/"}.log"
	fi
}

# judge_kernel_log SCENARIO NAME FILE: a piece of kernel log that belongs to no program.
judge_kernel_log() {
	local bad

	if [ -e "$3" ] && ! bad=$("$VM_DIR/logscan" "$3"); then
		fail_one "$1" "$2" 'kernel log' "${3#"$TOP/"}"
		printf '%s\n' "$bad" | sed 's/^/      | /'
	fi
}

judge_leaks() {
	if [ -s "$2/kmemleak.txt" ]; then
		fail_one "$1" kmemleak "the kernel leaked $(grep -c '^unreferenced' "$2/kmemleak.txt") objects" \
			"${2#"$TOP/"}/kmemleak.txt"
		head -n 20 "$2/kmemleak.txt" | sed 's/^/      | /'
	fi
	judge_kernel_log "$1" 'kmemleak' "$2/kmemleak.kmsg"
}

# The closing line, and whether all is well: something ran, nothing failed.
summary() {
	printf '%d passed, %d failed, %d skipped\n' "$1" "$2" "$3"
	[ "$2" = 0 ] && [ "$1" -gt 0 ]
}

# total FILE: the closing line for a results file that several runs wrote.
total() {
	local counts

	counts=$(awk -F '\t' '{ p += $4; f += $5; s += $6 } END { print p + 0, f + 0, s + 0 }' "$1")
	# shellcheck disable=SC2086 # three numbers
	summary $counts
}
