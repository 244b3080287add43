# SPDX-License-Identifier: MIT
#
# What the public headers declare, one line each, fields separated by tabs:
#
#   function NAME FILE TYPE PARAMETER,PARAMETER... TEXT
#   inline   NAME FILE TYPE PARAMETER,PARAMETER... TEXT     (one with a body; not those with two underscores)
#   constant NAME FILE - - TEXT
#   member   STRUCT.NAME FILE - - TEXT
#   macro    NAME FILE - - TEXT
#
# TEXT is the documentation in one line, "-" if there is none. It understands the way these headers are laid out: a
# comment stands before what it is about, or after it on the same line.

function squeeze(text) {
	gsub(/[ \t]+/, " ", text)
	sub(/^ /, "", text)
	sub(/ $/, "", text)
	return text
}

function out(kind, name, type, parameters) {
	printf "%s\t%s\t%s\t%s\t%s\t%s\n", kind, name, FILENAME, type, parameters, doc == "" ? "-" : squeeze(doc)
	doc = ""
}

function declaration(    head, name, list, n, part, i, parameters, kind) {
	statement = squeeze(statement)
	if (match(statement, /iommufd_[a-z0-9_]+ ?\(/)) {
		head = substr(statement, 1, RSTART - 1)
		name = substr(statement, RSTART, RLENGTH)
		sub(/ ?\($/, "", name)
		list = substr(statement, RSTART + RLENGTH)
		sub(/\)[^)]*$/, "", list)
		n = split(list, part, ",")
		for (i = 1; i <= n; i++) {
			sub(/\[[^\]]*\]$/, "", part[i])
			sub(/.*[ *]/, "", part[i])
			if (part[i] != "void")
				parameters = parameters (parameters == "" ? "" : ",") part[i]
		}
		kind = sub(/^static inline /, "", head) ? "inline" : "function"
		out(kind, name, squeeze(head), parameters == "" ? "-" : parameters)
	}
	statement = ""
}

FNR == 1 { comment = inside = in_body = 0; doc = statement = tag = ""; in_enum = 0 }

# Comments are taken off the line; what documents is kept.
{
	line = $0
	after = 0
	text = ""
	if (!inside && match(line, /\/\*\*?<?/)) {
		is_doc = substr(line, RSTART, 3) == "/**"
		after = substr(line, RSTART, 4) == "/**<"
		text = substr(line, RSTART + RLENGTH)
		line = substr(line, 1, RSTART - 1)
		inside = 1
		if (is_doc && !after)
			doc = ""
		trailing = after
	} else if (inside) {
		text = line
		line = ""
		sub(/^[ \t]*\* ?/, "", text)
		if ($0 ~ /^[ \t]*\*\//)
			text = "*/"
	}
	if (inside) {
		if (text ~ /\*\//) {
			sub(/\*\/.*/, "", text)
			inside = 0
		}
		if (is_doc && trailing && line != "")
			doc = text
		else if (is_doc && !trailing)
			doc = doc " " text
	}
}

line ~ /^#define IOMMUFD_/ {
	name = line
	sub(/^#define /, "", name)
	sub(/[( \t\\].*/, "", name)
	out("macro", name, "-", "-")
	continued = line ~ /\\$/
	next
}
continued { continued = line ~ /\\$/; next }
line ~ /^[ \t]*#/ || line ~ /^[ \t]*$/ { next }
# A function with a body is declared by what stands before it.
line ~ /^\{$/ {
	in_body = 1
	if (statement ~ /iommufd__/)
		statement = ""
	declaration()
	next
}
in_body { in_body = line !~ /^\}$/; next }
line ~ /^extern "C" \{/ || line ~ /^}$/ { doc = ""; next }
line ~ /^enum *[a-z_]* *\{/ { in_enum = 1; doc = ""; next }
line ~ /^struct [a-z0-9_]+ \{/ { tag = line; sub(/^struct /, "", tag); sub(/ .*/, "", tag); doc = ""; next }
line ~ /^};/ { in_enum = 0; tag = ""; doc = ""; next }
in_enum && match(line, /^[ \t]*IOMMUFD_[A-Z0-9_]+ *(=|,|$)/) {
	name = squeeze(substr(line, RSTART, RLENGTH))
	sub(/ *[=,]?$/, "", name)
	out("constant", name, "-", "-")
	next
}
in_enum { next }
tag != "" && line ~ /;[ \t]*$/ {
	name = line
	sub(/;.*/, "", name)
	sub(/\[.*/, "", name)
	sub(/.*[ *\t]/, "", name)
	out("member", tag "." name, "-", "-")
	next
}
tag == "" {
	statement = statement " " line
	if (line ~ /;[ \t]*$/) {
		if (statement ~ /\(/)
			declaration()
		else {
			statement = ""
			doc = ""
		}
	}
}
