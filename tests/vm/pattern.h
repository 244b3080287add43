/* SPDX-License-Identifier: MIT */
/* What the NVMe disk of the test machine contains: for whoever makes it and whoever checks what was read. */
#ifndef IOMMUFD_TESTS_VM_PATTERN_H
#define IOMMUFD_TESTS_VM_PATTERN_H

#include <stdint.h>

/* The disk's 64-bit word number n (at byte 8 * n, little endian). No word repeats, so data from a wrong place shows. */
static inline uint64_t vm_disk_word(uint64_t n)
{
	uint64_t z = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

#endif
