# SPDX-License-Identifier: MIT
load 'bench/plots/common.gp'
set title 'Finding the dirty pages of 1 TiB: speed through the bitmap (GB/s)'
set style data histogram
set logscale y
set yrange [0.01:*]
plot csv index 0 every ::1 using 2:xtic(1) title 'ranges', '' index 0 every ::1 using 3 title 'loop over words', \
	'' index 0 every ::1 using 4 title 'loop over bytes', '' index 0 every ::1 using 5 title 'reading only'
