# SPDX-License-Identifier: MIT
#
# Makes the tables of names and sentences that the library compiles in, out of
# the comments of a public header. Usage:
#
#   awk -v prefix=IOMMUFD_CAUSE_ -f texts.awk include/iommufd/causes.h
#
# For each enumerator that begins with the prefix, one initialiser of
# { value, name, sentence }: the sentence is the comment's first, without its
# full stop. Operations have their value in the same line; that is taken, so that
# the library needs no header of libiommufd-util to know their names.

function flush_comment(    text) {
	text = comment
	gsub(/[ \t]+/, " ", text)
	sub(/^ /, "", text)
	if (match(text, /\.( |$)/))
		text = substr(text, 1, RSTART - 1)
	gsub(/::/, "", text)
	return text
}

/\/\*\*/ { comment = ""; inside = 1 }

inside {
	line = $0
	sub(/.*\/\*\*</, "", line)
	sub(/.*\/\*\*/, "", line)
	done = sub(/\*\/.*/, "", line)
	sub(/^[ \t]*\*[ \t]?/, "", line)
	comment = comment " " line
	if (done)
		inside = 0
	if ($0 !~ /\/\*\*</)
		next
}

match($0, "^[ \t]*" prefix "[A-Z0-9_]+[ \t]*=") {
	name = $0
	sub(/^[ \t]*/, "", name)
	sub(/[ \t]*=.*/, "", name)
	short = substr(name, length(prefix) + 1)
	value = $0
	sub(/^[^=]*=[ \t]*/, "", value)
	sub(/,.*/, "", value)
	if (prefix != "IOMMUFD_OP_")
		value = name
	if (name != "IOMMUFD_OP_HELPER") # where others begin
		printf "{ %s, \"%s\", \"%s\" },\n", value, short, flush_comment()
	comment = ""
}
