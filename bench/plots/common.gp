# SPDX-License-Identifier: MIT
#
# What all plots share: size, colours, and how the tables are read. The variable csv names the file; each table of it is
# an index, whose line 0 has the names of the columns.
if (!exists('height')) height = 400
set terminal svg size 760,height noenhanced font 'sans-serif,12' background '#ffffff'
set datafile separator ','
set border 3
set tics nomirror
set xtics rotate by -20
set grid ytics linecolor '#d0d0d0'
set key outside top center horizontal
set style fill solid 1.0 noborder
set style histogram cluster gap 1
set boxwidth 0.9
set rmargin 8
set linetype 1 linecolor '#1f5fa8' linewidth 2 pointtype 7
set linetype 2 linecolor '#e08a1e' linewidth 2 pointtype 5
set linetype 3 linecolor '#3a9a5b' linewidth 2 pointtype 9
set linetype 4 linecolor '#8a8a8a' linewidth 2 pointtype 13
