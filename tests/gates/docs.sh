#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The documentation: Doxygen without a warning, and everything said of every function that is to be said.
# shellcheck source=tests/gates/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

# Of each function: what it does, its parameters, its result, and the five facts that every page has.
functions_say_everything() {
	awk -F '\t' '
		$1 == "function" || $1 == "inline" {
			text = $6 " "
			kernel = 1
			if (text !~ /@brief [A-Z]/) print $2 ": no @brief"
			n = $5 == "-" ? 0 : split($5, p, ",")
			for (i = 1; i <= n; i++)
				if (text !~ "@param(\\[[a-z,]*\\])? " p[i] " ") print $2 ": no @param " p[i]
			if (gsub(/@param/, "@param", text) != n) print $2 ": a @param too many"
			if (($4 != "void") != (text ~ /@return /)) print $2 ": @return and the type do not agree"
			if (text !~ /@failures /) print $2 ": no @failures"
			if (text !~ /@threads\{[^}]/) print $2 ": no @threads"
			if (text !~ /@syscalls\{[^}]/) print $2 ": no @syscalls"
			# What makes no system call works on every kernel.
			if (text !~ /@kernel\{[0-9]/ && text ~ /@syscalls\{[^n}]/ && $2 !~ /_(close|release)$/) print $2 ": no @kernel"
			if (text !~ /@since [0-9]+\.[0-9]+\.[0-9]+/) print $2 ": no @since"
		}' "$WORK/api"
}

others_are_documented() {
	awk -F '\t' '$1 != "function" && $1 != "inline" && $6 == "-" { print $2 ": no documentation" }' "$WORK/api"
}

# Constants and macros that stand in no documented struct say since when they are there.
constants_have_since() {
	awk -F '\t' '($1 == "constant" || $1 == "macro") && $6 !~ /@since/ && $2 !~ /_H$/ { print $2 ": no @since" }' "$WORK/api" |
		while read -r name rest; do
			# On the lines after a trailing comment.
			grep -A2 -w "${name%:}" include/iommufd/*.h include/iommufd/util/*.h | grep -q '@since' || echo "$name $rest"
		done
}

links() {
	local file target
	for file in README.md NEWS.md doc/*.md examples/README.md tests/vm/README.md; do
		[ -e "$file" ] || continue
		grep -o '](\([^)#]*\)' "$file" | sed 's/^](//' | grep -v '^[a-z]*:' | while read -r target; do
			[ -z "$target" ] || [ -e "$(dirname "$file")/$target" ] || echo "$file: no $target"
		done
	done
}

# The first example is shown as it is.
first_example() { awk '/^```c$/ && !done { on = 1; next } /^```$/ { if (on) done = 1; on = 0 } on' README.md; }

{ api thin && api util; } >"$WORK/api"
check 'functions were found' test "$(grep -c ^function "$WORK/api")" -gt 50
check_empty 'every function says everything' functions_say_everything
check_empty 'every constant and member is documented' others_are_documented
check_empty 'every constant says since when' constants_have_since
check 'Doxygen has nothing to say' doc/build.sh "$WORK/doc" 0
check 'a manual page for every function' bash -c "grep -E '^(function|inline)' '$WORK/api' | cut -f2 | while read -r name; do
	[ -e '$WORK/doc/man/man3/'\$name.3 ] || exit 1; done"
check_empty 'links lead to files' links
first_example >"$WORK/first.c"
grep -v '^/\* SPDX' examples/first.c >"$WORK/example.c"
check_same "README.md shows examples/first.c" "$WORK/example.c" "$WORK/first.c"
tap_end
