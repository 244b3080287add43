# SPDX-License-Identifier: MIT
load 'bench/plots/common.gp'
set title 'Registering memory (seconds)'
set style data histogram
set logscale y
set yrange [0.01:*]
plot csv index 0 every ::1 using 2:xtic(1) title 'one map', '' index 0 every ::1 using 3 title 'bulk, 1 thread', \
	'' index 0 every ::1 using 4 title 'bulk, 2 threads', '' index 0 every ::1 using 5 title '2 threads, populating'
