# SPDX-License-Identifier: MIT
# C without its comments; good enough for counting and searching.
{
	line = $0
	out = ""
	for (;;) {
		if (inside) {
			i = index(line, "*/")
			if (!i) break
			line = substr(line, i + 2)
			inside = 0
		}
		i = index(line, "/*")
		j = index(line, "//")
		if (j && (!i || j < i)) {
			out = out substr(line, 1, j - 1)
			break
		}
		if (!i) {
			out = out line
			break
		}
		out = out substr(line, 1, i - 1) " "
		line = substr(line, i + 2)
		inside = 1
	}
	print out
}
