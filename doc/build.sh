#!/bin/bash
# SPDX-License-Identifier: MIT
#
# build.sh FOLDER VERSION: the documentation in HTML, and a manual page for each function, struct and group. Fails on
# any warning.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p "$1"
rm -rf "$1/html" "$1/man"
DOC_OUT=$1 DOC_VERSION=$2 "${DOXYGEN:-doxygen}" doc/Doxyfile

# Doxygen makes a page of every word. Kept are those whose names say what they belong to; the page of a group, which
# those of its functions point to, gets such a name.
cd "$1/man/man3"
for group in $(cd - >/dev/null && sed -n 's/^ \* @defgroup \([a-z0-9_]*\) .*/\1/p' include/iommufd/*.h include/iommufd/util/*.h); do
	grep -l "^\.so man3/$group\.3$" -- * | xargs -r sed -i "s|^\.so man3/$group\.3$|.so man3/libiommufd-$group.3|"
	mv "$group.3" "libiommufd-$group.3"
done
find . -type f ! -name 'iommufd_*.3' ! -name 'libiommufd-*.3' -delete
