#!/bin/bash
# SPDX-License-Identifier: MIT
#
# plots.sh [--if-possible] [FOLDER]: plots of the tables FOLDER/bench_NAME.csv, as far as they are there, as
# FOLDER/bench_NAME.svg. Without gnuplot it says what to install, which is a failure unless --if-possible is given; without
# FOLDER that is all it looks for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if_possible=no
if [ "${1:-}" = --if-possible ]; then
	if_possible=yes
	shift
fi
folder=${1:-}

if ! command -v gnuplot >/dev/null; then
	echo 'bench: no plots: they need gnuplot (Debian: apt-get install gnuplot-nox)' >&2
	[ "$if_possible" = yes ]
	exit
fi
[ -n "$folder" ] || exit 0
for script in bench/plots/bench_*.gp; do
	name=$(basename "$script" .gp)
	[ -e "$folder/$name.csv" ] || continue
	gnuplot -e "csv='$folder/$name.csv'" "$script" |
		sed -e '1a <!-- SPDX-License-Identifier: MIT -->' -e 's/[[:blank:]]*$//' >"$folder/$name.svg"
	echo "$folder/$name.svg"
done
