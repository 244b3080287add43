#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Prints errors.md: every class and cause of failure, made of the comments in include/iommufd/error.h and causes.h, and
# of what the tests provoke.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# provoked: lines "CAUSE PROGRAM" for every cause that a test names in a check.
provoked() {
	local file
	for file in tests/test_*.c tests/compat32/*.c; do
		awk -f tests/gates/code.awk "$file" | tr '\n' ' ' | tr ';' '\n' | awk -v name="$(basename "$file" .c)" '
			{
				check = /FAILS|EXPECT|REFUSE|DIAGNOS|CAUSE|ROW\(|CASE\(|RULE\(/
				n = split($0, token, /[^A-Z0-9_a-z]+/)
				for (i = 1; i <= n; i++) {
					if (sub(/^IOMMUFD_CAUSE_/, "", token[i]) || (check && token[i] ~ /^[A-Z][A-Z0-9_]+$/))
						print token[i], name
				}
			}'
	done | sort -u
}

# texts FILE PREFIX: lines "NAME VALUE TEXT" (tabs) for the enumerators.
texts() {
	awk -v prefix="$2" '
		function squeeze(s) { gsub(/[ \t]+/, " ", s); sub(/^ /, "", s); sub(/ $/, "", s); return s }
		/\/\*\*/ { text = ""; inside = 1 }
		inside {
			line = $0
			sub(/.*\/\*\*/, "", line)
			done = sub(/\*\/.*/, "", line)
			sub(/^[ \t]*\*[ \t]?/, "", line)
			text = text " " line
			if (done) inside = 0
			next
		}
		match($0, "^[ \t]*" prefix "[A-Z0-9_]+[ \t]*=") {
			name = substr($0, RSTART, RLENGTH)
			gsub(/[ \t=]/, "", name)
			value = substr($0, RSTART + RLENGTH)
			if (squeeze(value) == "") { getline; value = $0 }
			printf "%s\t%s\t%s\n", substr(name, length(prefix) + 1), squeeze(value), squeeze(text)
		}' "$1"
}

WORK=$(mktemp -d "${TMPDIR:-/tmp}/errors.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
provoked >"$WORK/provoked"
grep -v '^#' tests/gates/unprovoked >"$WORK/reasons" || true
texts include/iommufd/error.h IOMMUFD_CLASS_ >"$WORK/classes"
texts include/iommufd/causes.h IOMMUFD_CAUSE_ >"$WORK/causes"

cat <<'END'
# Failures: classes and causes {#errors}

<!-- Made by doc/errors.sh of include/iommufd/error.h, causes.h and the tests: run "make doc-tables". -->

A call that fails returns a negative typed error (see the group *Typed errors* of the reference). **Branch on the class,
log the cause**: the meaning of a class never changes, while a later release may give a finer cause inside the same
class. The names below stand for `IOMMUFD_CLASS_...` and `IOMMUFD_CAUSE_...`.

The reference lists for each call what it can fail with. `NO_MEMORY` can come of nearly every call that asks the kernel,
which allocates something for a while, also where the list does not name it.

How a cause comes about:

- *direct*: a call returns it, and it names the reason;
- *set*: a call returns it where one errno of the kernel covers several reasons; `iommufd_diagnose()` of libiommufd-util
  finds out which one it is, or which candidates remain;
- *diagnosed*: only `iommufd_diagnose()` gives it.

A *set* is in the same class as what diagnosis makes of it, unless the table says otherwise. The last column names the
test programs in which the cause is provoked.
END
awk -F '\t' '
	function first(s,    i) { i = match(s, /\.( |$)/); return i ? substr(s, 1, i) : s }
	function rest(s,    i) { i = match(s, /\.( |$)/); return i ? substr(s, i + 2) : "" }
	function clean(s) {
		gsub(/@how\{[a-z]+\} ?/, "", s)
		gsub(/ ?@since [0-9.]+/, "", s)
		gsub(/::IOMMUFD_CAUSE_/, "", s)
		gsub(/::/, "", s)
		gsub(/\|/, "\\|", s)
		sub(/ $/, "", s)
		return s
	}
	FILENAME ~ /provoked$/ { split($0, w, " "); by[w[1]] = by[w[1]] (by[w[1]] == "" ? "" : ", ") w[2]; next }
	FILENAME ~ /reasons$/ { i = index($0, " "); why[substr($0, 1, i - 1)] = substr($0, i + 1); next }
	FILENAME ~ /classes$/ { classes[++nc] = $1; says[$1] = clean($3); next }
	{
		class = $2
		sub(/.*IOMMUFD_CLASS_/, "", class)
		sub(/,.*/, "", class)
		how = $3
		if (!sub(/.*@how\{/, "", how)) how = "?"
		sub(/\}.*/, "", how)
		list[class] = list[class] sprintf("| %s | %s | %s | %s | %s |\n", $1, how, first(clean($3)), rest(clean($3)),
			by[$1] != "" ? by[$1] : why[$1] != "" ? "*not provoked:* " why[$1] : "**nothing**")
	}
	END {
		for (i = 1; i <= nc; i++) {
			printf "\n## %s\n\n%s\n", classes[i], says[classes[i]]
			if (list[classes[i]] != "")
				printf "\n| cause | how | what iommufd_strerror() says | more | provoked by |\n|---|---|---|---|---|\n%s",
					list[classes[i]]
		}
	}' "$WORK/provoked" "$WORK/reasons" "$WORK/classes" "$WORK/causes"
