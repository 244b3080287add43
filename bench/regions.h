/* SPDX-License-Identifier: MIT */
/* Regions that are in a DMA map, and in what it is compared with. */
#ifndef BENCH_REGIONS_H
#define BENCH_REGIONS_H

#include <stdint.h>

#include <iommufd/util/util.h>

#include "others.h"

#define ADDRESSES 65536

/*
 * Of 2 MiB each in a row, aligned or not, or of 4 KiB to 1 GiB, as many of each power
 * of two, with small gaps.
 */
enum { ALIGNED, MISALIGNED, MIXED };

/* Which of them the addresses are in. */
enum { SAME, SEQUENTIAL, RANDOM };

extern struct bench_regions {
	struct iommufd_dma_map *map;
	struct bench_region *list;
	uint64_t count;
	uint64_t addresses[ADDRESSES];
	double took; /* to register them all, in nanoseconds */
} bench_regions;

/* Registered in random order; the table has them only if they are aligned. */
void bench_regions_begin(struct iommufd_ioas *ioas, uint64_t n, int layout);
void bench_regions_end(void);

void bench_region_add(struct bench_region *region);
void bench_region_remove(const struct bench_region *region);
/* Of which addresses, bench_regions.addresses. */
void bench_regions_choose(int pattern);

static inline void *bench_pointer(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

#endif /* BENCH_REGIONS_H */
