#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The list of failures in doc/errors.md is up to date, and every cause is provoked by a test or said to be impossible to
# provoke, with the reason. The same for the table of system calls, if the tests that measure it have run.
# shellcheck source=tests/gates/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

values_twice() {
	awk -F '[ (,)]+' '/= *IOMMUFD_CAUSE\(|^\t\tIOMMUFD_CAUSE\(/ { match($0, /IOMMUFD_CAUSE\(.*\)/)
		print substr($0, RSTART, RLENGTH) }' include/iommufd/causes.h | sort | uniq -d
}

no_how() { grep '| ? |' "$WORK/errors.md"; }

# A set is no dead end: diagnosis narrows it. What only diagnosis gives is given by it.
undiagnosed() {
	awk -F ' *\\| *' '$3 == "diagnosed" { print $2 }' "$WORK/errors.md" | while read -r cause; do
		grep -rqw "IOMMUFD_CAUSE_$cause\|$cause" libiommufd/util/*.c || echo "$cause: libiommufd-util never gives it"
	done
}

direct_unused() {
	awk -F ' *\\| *' '$3 == "direct" || $3 == "set" { print $2 }' "$WORK/errors.md" | while read -r cause; do
		grep -rqw "IOMMUFD_CAUSE_$cause\|$cause" libiommufd/*.c libiommufd/util/*.c || echo "$cause: no call gives it"
	done
}

# miscounted NEW COMMITTED: a run of a part of the tests counts a part of the functions; what it counts must be there.
miscounted() {
	awk -F ' *\\| *' '
		!/^\| iommufd_/ { next }
		NR == FNR { documented[$2] = $3; counted[$2] = $4; next }
		{ seen[$2] = 1 }
		!($2 in documented) { print $2 ": is there no longer"; next }
		documented[$2] != $3 { print $2 ": documented otherwise" }
		{
			n = split(counted[$2], part, "; ")
			for (i = 1; i <= n; i++)
				if (!index("; " $4 ";", "; " part[i] ";")) print $2 ": " part[i]
		}
		END { for (name in documented) if (!(name in seen)) print name ": is not in the table" }' "$1" "$2"
}

check 'the list can be made' bash -c "doc/errors.sh >'$WORK/errors.md'"
check_same 'doc/errors.md is up to date (make doc-tables)' doc/errors.md "$WORK/errors.md"
check_empty 'no two causes have one value' values_twice
check_empty 'every cause says how it comes about' no_how
check_empty 'every cause is provoked or excused' grep -F '**nothing**' "$WORK/errors.md"
check_empty 'nothing is excused that is provoked' bash -c "grep -v '^#' $GATES/unprovoked | while read -r cause rest; do
	grep -F \"| \$cause |\" '$WORK/errors.md' | grep -qF '*not provoked:*' || echo \"\$cause\"; done"
check_empty 'every diagnosed cause is given by the diagnosis' undiagnosed
check_empty 'every other cause is given by some call' direct_unused
if doc/syscalls.sh --source >/dev/null 2>&1; then
	check 'the table of system calls can be made' bash -c "doc/syscalls.sh >'$WORK/syscalls.md'"
	check_empty 'doc/syscalls.md says what was counted (make doc-tables)' miscounted "$WORK/syscalls.md" doc/syscalls.md
fi
tap_end
