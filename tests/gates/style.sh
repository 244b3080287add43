#!/bin/bash
# SPDX-License-Identifier: MIT
#
# How the files look: licence lines, format, shell scripts, length, and what may not be in them.
# shellcheck source=tests/gates/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

MAX_LINES=400
CLANG_FORMAT_MAJOR=14 # others format some things in other ways

files() {
	local file
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -co --exclude-standard
	else
		find . -path ./build -prune -o -type f -print | sed 's|^\./||'
	fi | sort | while read -r file; do [ ! -e "$file" ] || printf '%s\n' "$file"; done
}

# Text for people, templates, and what machines wrote have none.
without_licence() {
	files | grep -vE '^LICENSE$|\.(md|pc\.in|abi)$|^tests/vm/(logs/|config/absent)|^tests/suites$' | while read -r file; do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"
	done
}

# Lines of code: no comments, no blank ones.
too_long() {
	local file lines
	files | grep -E '\.([ch]|cpp)$' | while read -r file; do
		lines=$(awk -f "$GATES/code.awk" "$file" | grep -c '[^[:space:]]')
		[ "$lines" -le "$MAX_LINES" ] || echo "$file: $lines lines of code"
	done
	files | grep -E '\.(sh|awk|mk)$' | while read -r file; do
		lines=$(grep -cvE '^[[:space:]]*(#|$)' "$file")
		[ "$lines" -le "$MAX_LINES" ] || echo "$file: $lines lines"
	done
}

# The table of declarations is one by its nature.
too_long_but_table() { too_long | grep -v '^tests/uapi_[a-z_]*table\.h:'; }

# Paths of somebody's machine, and things left undone. (Written so that this file is none of them.)
# shellcheck disable=SC2046 # there are no spaces in our names
forbidden() { grep -nIE '[/](work|root|home)/|TO[D]O|FIX[M]E' $(files | grep -v '\.abi$'); }

# The thin library asks the C library for these and nothing else: it prints nothing, ends nothing, starts nothing and
# reads no environment.
ALLOWED='calloc|free|memcpy|memset|memcmp|memmove|open|open64|close|fcntl|fcntl64|ioctl|read|write|mmap|mmap64|munmap|madvise|sysconf|__errno_location|__tls_get_addr|__stack_chk_fail|__memcpy_chk|__memset_chk|__cxa_finalize|__gmon_start__|_ITM_.*'
imports() { nm -D -u "$BUILD/.libs/libiommufd.so" | awk '{ print $2 }' | sed 's/@.*//' | grep -vxE "$ALLOWED"; }

# The helpers read files, but neither print, end the process nor change what belongs to all of it.
FORBIDDEN='printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|perror|abort|exit|_exit|__assert_fail|getenv|secure_getenv|setenv|signal|sigaction|pthread_create|setlocale|syslog'
util_imports() { nm -D -u "$BUILD/.libs/libiommufd-util.so" | awk '{ print $2 }' | sed 's/@.*//' | grep -xE "(__)?($FORBIDDEN)(_chk)?"; }

# One file makes system calls.
system_calls_elsewhere() {
	local object
	for object in "$BUILD"/libiommufd/.libs/*.o; do
		[ "$(basename "$object")" = sys.o ] ||
			nm -u "$object" | awk -v o="$object" '$2 ~ /^(open|openat|close|fcntl|ioctl|syscall|mmap|munmap|madvise|read|write)(64)?$/ { print o, $2 }'
	done
}

# A test that nobody runs.
not_in_suites() {
	local name
	files | sed -n 's,^tests/\(test_[a-z0-9_]*\)\.c$,\1,p' | while read -r name; do
		grep -qE "^${name}[[:space:]]" tests/suites || echo "$name"
	done
}

# shellcheck disable=SC2046 # there are no spaces in our names
no_space_errors() { grep -nIE '[[:blank:]]+$' $(files | grep -v '^tests/vm/logs/'); }

check_empty 'every file has its licence' without_licence
check_empty "no file has more than $MAX_LINES lines of code" too_long_but_table
check_empty 'nothing that should not be published' forbidden
check_empty 'every test program is in tests/suites' not_in_suites
check_empty 'no white space at the ends of lines' no_space_errors
check_empty 'the thin library uses little of the C library' imports
check_empty 'the helpers neither print nor end the process' util_imports
check_empty 'only sys.c makes system calls' system_calls_elsewhere
if clang-format --version 2>/dev/null | grep -q "version $CLANG_FORMAT_MAJOR\."; then
	check 'C files are formatted (make format)' make -s check-format
fi
if command -v shellcheck >/dev/null; then
	# SC2317: the functions of a gate are called through check. SC2046: there are no spaces in our names.
	# shellcheck disable=SC2046
	check 'shell scripts are clean' shellcheck -x -e SC2317 $(files | grep '\.sh$') .ci/run tests/vm/logscan
fi
tap_end
