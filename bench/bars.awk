# SPDX-License-Identifier: MIT
#
# What the project promises, and what came out, from the tables of bench_calls, bench_dirty and bench_translate. Of
# several rows the worst counts.
function say(what, bar, is, good) { print "| " what " | " bar " | " is " | " (good ? "kept" : "**missed**") " |"; rows++ }
BEGIN {
	FS = ","
	print "| | promised | this run | |"
	print "|---|---|---|---|"
}
/^(ioas_map|ioas_unmap|device_attach),/ {
	say($1 ": instructions above the request made by hand", "at most 100", $4 + 0, $4 <= 100)
	say($1 ": system calls, allocations", "1, 0", $5 + 0 ", " $6 + 0, $5 == 1 && $6 == 0)
}
/^0(\.1)? %/ { say("dirty pages, " $1 ": speed of reading the bitmap", "70 %", sprintf("%.0f %%", $6), $6 >= 70) }

# bench_translate: which table, and how many regions. Of random addresses only, where it says so.
/^# / { table = $0 }
{ n = $1 ~ /^ *[0-9]+ (same|sequential|random|2 MiB|mixed)/ ? $1 + 0 : 0 }
function worst(what, value) { if (!(what in most) || value > most[what]) most[what] = value }
table ~ /^# cursor/ && n { worst("cursor", $4) }
table ~ /^# regions of 2 MiB, aligned/ && n && $1 ~ /random/ {
	worst(n <= 4096 ? "few" : "many", $4)
	if (n >= 256) worst("list", $8)
}
table ~ /^# regions of 4 KiB/ && n {
	worst("sorted", $4)
	if (n >= 256 && $1 ~ /random/) worst("list of all sizes", $6)
}
table ~ /^# a list/ && n >= 256 { worst("plain list", $4) }
table ~ /^# readers/ && /^[12] / {
	worst("writer", $4)
	if (/^2 mixed/) {
		worst("lists of all sizes", $6)
		worst("lists of all sizes", $8)
	}
}
table ~ /^# bookkeeping/ && n {
	worst("bytes", $3)
	took[n] = $4 > took[n] ? $4 : took[n]
}
# Of what is not there nothing is said.
function at_most(what, bar, unit, format, key) {
	if (!(key in most)) return
	say(what, "at most " bar unit, sprintf(format, most[key]) unit, most[key] <= bar + 0)
}
function ratio(what, key, bar) { at_most(what, bar, "", "%.2f", key) }
function times(what, key, list) {
	if (key in most)
		say(what ": faster than a " list " behind a lock", "10 times", sprintf("%.1f times", 1 / most[key]),
		    most[key] <= 0.1)
}
END {
	ratio("DMA map, the cursor's region: beside the two-level table", "cursor", 1.25)
	ratio("DMA map, up to 4,096 regions of 2 MiB, random: beside the table", "few", 3)
	ratio("DMA map, 65,536 of them, random: beside the table", "many", 5)
	ratio("DMA map, regions of all sizes: beside the binary search", "sorted", 0.7)
	times("DMA map, from 256 regions, of one size or all", "plain list", "list")
	times("DMA map, from 256 regions of 2 MiB, random", "list", "skip list")
	times("DMA map, from 256 of all sizes, two readers", "lists of all sizes", "skip list")
	times("DMA map, from 256 of all sizes, one reader", "list of all sizes", "skip list")
	at_most("DMA map, a writer on the other processor: slows readers by", 20, " %", "%.1f", "writer")
	at_most("DMA map: bytes a region", 128, "", "%.0f", "bytes")
	if (!(65536 in took)) exit
	most["instructions"] = took[65536] / took[16]
	ratio("DMA map: instructions to register, 65,536 regions beside 16", "instructions", 4)
}
END { if (rows != 21) { print "bars.awk: a result is missing" >"/dev/stderr"; exit 1 } }
