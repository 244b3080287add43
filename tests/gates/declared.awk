# SPDX-License-Identifier: MIT
#
# What a header declares, as "KIND NAME" lines: "command" for a macro that is a request code, "constant" for the other
# macros and every enumerator, "struct TAG", "field TAG.FIELD". For the kernel's headers and ours, after code.awk.

function squeeze(text) {
	gsub(/[ \t]+/, " ", text)
	sub(/^ /, "", text)
	sub(/ $/, "", text)
	return text
}

# Without a body it is a header's guard.
function macro(line,    name, body) {
	if (!match(line, /^[A-Za-z0-9_]+/))
		return
	name = substr(line, 1, RLENGTH)
	body = substr(line, RLENGTH + 1)
	if (squeeze(body) != "")
		print (body ~ /_IO[WR]*\(/ ? "command" : "constant"), name
}

function enumerators(list,    n, part, i) {
	n = split(list, part, ",")
	for (i = 1; i <= n; i++)
		if (match(squeeze(part[i]), /^[A-Za-z_][A-Za-z0-9_]*( ?=.*)?$/)) {
			sub(/=.*/, "", part[i])
			print "constant", squeeze(part[i])
		}
}

# The names in one declaration: the last word of each, without arrays, bits and attributes.
function members(text,    n, part, i) {
	if (match(text, /_FLEX_ARRAY *\(/))
		gsub(/^.*,|\).*/, "", text)
	while (gsub(/\([^()]*\)/, "", text))
		;
	gsub(/__(attribute__|counted_by[a-z_]*|packed)/, "", text)
	n = split(text, part, ",")
	for (i = 1; i <= n; i++) {
		sub(/[:[].*/, "", part[i])
		part[i] = squeeze(part[i])
		sub(/.*[ *]/, "", part[i])
		if (part[i] != "")
			print "field", tag "." part[i]
	}
}

/^[ \t]*#/ {
	line = $0
	while (sub(/\\$/, " ", line) && (getline more) > 0)
		line = line more
	if (sub(/^[ \t]*#[ \t]*define[ \t]+/, "", line))
		macro(line)
	next
}
{ all = all " " $0 }

# A brace too many is the end of extern "C". What is inside of a union or struct without a name belongs to the struct
# around it.
END {
	gsub(/extern "C" \{/, "", all)
	while (match(all, /[{};]/)) {
		text = squeeze(substr(all, 1, RSTART - 1))
		mark = substr(all, RSTART, 1)
		all = substr(all, RSTART + 1)
		if (mark == "{" && depth++ == 0) {
			in_enum = text ~ /(^| )enum( [a-z0-9_]+)?$/
			if (text ~ /(^| )struct [a-z0-9_]+$/) {
				tag = text
				sub(/.* /, "", tag)
				print "struct", tag
			}
		} else if (mark == "}") {
			if (in_enum)
				enumerators(text)
			if (depth && --depth == 0)
				in_enum = 0
		} else if (mark == ";" && depth && tag != "" && text != "")
			members(text)
		if (depth == 0)
			tag = ""
	}
}
