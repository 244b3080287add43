# SPDX-License-Identifier: MIT
#
# What the project promises, and what came out, from the tables of bench_calls and bench_dirty.
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
END { if (rows != 10) { print "bars.awk: a result is missing" >"/dev/stderr"; exit 1 } }
