/* SPDX-License-Identifier: MIT */
/*
 * What a DMA map is compared with: other ways to find the IOVA of an address, as
 * one would write them down first.
 */
#ifndef BENCH_OTHERS_H
#define BENCH_OTHERS_H

#include <stdint.h>

#include <iommufd/ioas.h>

struct bench_region {
	uint64_t address, length, iova;
};

/* ---- two levels of pages of 2 MiB: two loads, one after the other -------- */

#define TABLE_PAGE (UINT64_C(1) << 21)

extern uint64_t **bench_table_root; /* by address / 1 GiB */

void bench_table_begin(void);
void bench_table_add(const struct bench_region *region);
void bench_table_end(void);

static inline int bench_table_find(uint64_t address, struct iommufd_extent *to)
{
	const uint64_t *leaf = bench_table_root[address >> 30];
	uint64_t page;

	if (!leaf)
		return 0;
	page = leaf[address >> 21 & 511];
	if (!page)
		return 0;
	/* The low bit says that it is there. */
	to->start = page - 1 + address % TABLE_PAGE;
	to->length = TABLE_PAGE - address % TABLE_PAGE;
	return 1;
}

/* The same as a function of a library. */
int bench_table_call(uint64_t address, struct iommufd_extent *to);

/* ---- a sorted array, and binary search ----------------------------------- */

void bench_sorted_set(const struct bench_region *regions, uint64_t count);
int bench_sorted_find(uint64_t address, struct iommufd_extent *to);

/* ---- a skip list behind a read-write lock -------------------------------- */

void bench_skip_begin(void);
void bench_skip_add(struct bench_region *region);
void bench_skip_remove(const struct bench_region *region);
int bench_skip_find(uint64_t address, struct iommufd_extent *to);
void bench_skip_end(void);

/* ---- a list behind a read-write lock, from its head ---------------------- */

void bench_list_add(struct bench_region *region);
int bench_list_find(uint64_t address, struct iommufd_extent *to);
void bench_list_end(void);

#endif /* BENCH_OTHERS_H */
