/* SPDX-License-Identifier: MIT */
#include "regions.h"

#include <stdlib.h>

#include "bench.h"
#include "fake_ioas.h"

#define ACCESS (IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE)

struct bench_regions bench_regions;

static void make_regions(uint64_t n, int layout)
{
	uint64_t address = UINT64_C(1) << 44;

	if (layout == MISALIGNED)
		address += TABLE_PAGE / 2;
	bench_regions.count = n;
	bench_regions.list = calloc(n, sizeof(*bench_regions.list));
	MUST(bench_regions.list);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t length = TABLE_PAGE;

		if (layout == MIXED) {
			length = UINT64_C(4096) << bench_below(18);
			length += bench_below(length) & ~UINT64_C(4095);
			address += bench_below(64) * 4096;
		}
		bench_regions.list[i].address = address;
		bench_regions.list[i].length = length;
		address += length;
	}
}

void bench_region_add(struct bench_region *region)
{
	MUST(!iommufd_dma_map_register(
		bench_regions.map, bench_pointer(region->address),
		region->length, ACCESS, NULL, &region->iova));
}

void bench_region_remove(const struct bench_region *region)
{
	MUST(!iommufd_dma_map_unregister(bench_regions.map,
					 bench_pointer(region->address),
					 region->length, 0, NULL));
}

static void shuffle(uint64_t *order, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		uint64_t other = bench_below(i + 1);

		order[i] = order[other];
		order[other] = i;
	}
}

void bench_regions_begin(struct iommufd_ioas *ioas, uint64_t n, int layout)
{
	uint64_t *order = calloc(n, sizeof(*order));

	/* So that all passes, and who counts, have the same regions. */
	bench_random_again();
	bench_ioas_again();
	make_regions(n, layout);
	MUST(order && !iommufd_dma_map_new(ioas, 0, &bench_regions.map));
	shuffle(order, n);
	bench_table_begin();
	bench_skip_begin();
	bench_regions.took = bench_now();
	for (uint64_t i = 0; i < n; i++)
		bench_region_add(&bench_regions.list[order[i]]);
	bench_regions.took = bench_now() - bench_regions.took;
	for (uint64_t i = 0; i < n; i++) {
		struct bench_region *region = &bench_regions.list[order[i]];

		bench_skip_add(region);
		if (layout == ALIGNED)
			bench_table_add(region);
	}
	bench_sorted_set(bench_regions.list, n);
	free(order);
}

void bench_regions_end(void)
{
	MUST(!iommufd_dma_map_clear(bench_regions.map) &&
	     !iommufd_dma_map_destroy(bench_regions.map));
	bench_table_end();
	bench_skip_end();
	free(bench_regions.list);
}

void bench_regions_choose(int pattern)
{
	for (uint64_t i = 0; i < ADDRESSES; i++) {
		uint64_t n = pattern == RANDOM
				     ? bench_below(bench_regions.count)
			     : pattern == SEQUENTIAL
				     ? i * bench_regions.count / ADDRESSES
				     : bench_regions.count / 2;

		bench_regions.addresses[i] =
			bench_regions.list[n].address +
			bench_below(bench_regions.list[n].length);
	}
}
