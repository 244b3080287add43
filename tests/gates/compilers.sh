#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Everything builds without a warning with both compilers: libraries, examples, mock support, tests, benchmarks.
# shellcheck source=tests/gates/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

for compiler in gcc clang; do
	check "everything builds with $compiler" make -s -j"$(nproc)" BUILD="$WORK/$compiler" CC=$compiler WERROR=1 lib examples tests
done
# A distribution's flags find more.
check 'and optimised and hardened' make -s -j"$(nproc)" BUILD="$WORK/hard" WERROR=1 lib examples \
	CFLAGS='-O2 -g -fstack-protector-strong -Wformat=2 -Wnull-dereference -Wundef -Wpointer-arith -Wstrict-prototypes' \
	CPPFLAGS='-D_FORTIFY_SOURCE=2' LDFLAGS='-Wl,-z,relro -Wl,-z,now'
tap_end
