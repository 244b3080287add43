# SPDX-License-Identifier: MIT
#
# One table of a CSV file of the benchmarks in Markdown: the one of number "want".
function round(x) {
	if (x == "") return "-"
	if (x == int(x) || x >= 1000) return sprintf("%.0f", x)
	return sprintf(x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : "%.2f", x)
}
BEGIN { FS = "," }
/^# machine:/ || /^$/ { next }
/^# / { number++; head = 1; next }
number != want { next }
head {
	line = "|---|"
	for (i = 2; i <= NF; i++) line = line "---:|"
}
{
	row = "| " $1
	for (i = 2; i <= NF; i++) row = row " | " (head ? $i : round($i))
	print row " |"
	if (head) print line
	head = 0
	rows++
}
END { if (!rows) { print "table.awk: there is no table " want >"/dev/stderr"; exit 1 } }
