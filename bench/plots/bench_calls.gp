# SPDX-License-Identifier: MIT
height = 620
load 'bench/plots/common.gp'
set title 'Instructions of a call above those of the same request made by hand'
set yrange [*:*] reverse
set offsets 0, 0, 0.6, 0.6
set logscale x
set xtics norotate
set xrange [10:*]
set grid noytics xtics linecolor '#d0d0d0'
set arrow from 100, graph 0 to 100, graph 1 nohead linetype 2
plot csv index 0 every ::1 using (10):0:(10):4:($0 - 0.4):($0 + 0.4):ytic(1) with boxxyerror linetype 1 notitle, \
	NaN with lines linetype 2 title 'promised of map, unmap and attach'
