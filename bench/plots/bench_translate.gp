# SPDX-License-Identifier: MIT
#
# Of each four rows of a number of regions the third is that of random order where each waits for the one before.
load 'bench/plots/common.gp'
set title 'One translation after the other, any of so many regions of 2 MiB (ns)'
set style data linespoints
set logscale xy
set xlabel 'regions'
set xtics norotate (1, 16, 256, 4096, 65536)
plot csv index 1 every 4::3 using 1:2 title 'DMA map', '' index 1 every 4::3 using 1:3 title 'two-level table', \
	'' index 1 every 4::3 using 1:5 title 'sorted array', '' index 1 every 4::3 using 1:7 title 'skip list'
