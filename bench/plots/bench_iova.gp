# SPDX-License-Identifier: MIT
load 'bench/plots/common.gp'
set title 'An allocation or a free of IOVAs (ns)'
set style data histogram
set logscale y
set yrange [1:*]
plot csv index 0 every ::1 using 2:xtic(1) title 'allocator', '' index 0 every ::1 using 3 title 'bump pointer'
