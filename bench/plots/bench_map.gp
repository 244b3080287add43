# SPDX-License-Identifier: MIT
load 'bench/plots/common.gp'
set title 'Map and unmap (us of both)'
set style data histogram
set logscale y
set yrange [1:*]
plot csv index 1 every ::1 using 2:xtic(1) title 'library', '' index 1 every ::1 using 3 title 'by hand'
