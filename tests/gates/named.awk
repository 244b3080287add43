# SPDX-License-Identifier: MIT
#
# The names in the table of declarations, of the preprocessor's output of rows.h: side=ours or side=theirs. A field is
# TAG.FIELD, a struct its tag.

function expression(text) {
	while (match(text, /offsetof\(struct [a-z0-9_]+, [a-z0-9_]+\)/)) {
		split(substr(text, RSTART, RLENGTH), word, /[ ,()]+/)
		print word[3] "." word[4]
		text = substr(text, 1, RSTART - 1) substr(text, RSTART + RLENGTH)
	}
	while (match(text, /[A-Za-z_][A-Za-z0-9_]*/)) {
		print substr(text, RSTART, RLENGTH)
		text = substr(text, RSTART + RLENGTH)
	}
}

BEGIN { FS = "\"" }
/^ *(CONST|STRUCT) / { expression(side == "ours" ? $4 : $6) }
/^ *FIELD / { print side == "ours" ? $2 "." $4 : $6 "." $8 }
