/* SPDX-License-Identifier: MIT */
/* The writers' part of the hints; dma_map_find.c says what they are. */
#include "dma_map.h"

#define FIRST_BITS 10

static int side_hints_new(struct iommufd_dma_map *map,
			  struct iommufd__dma_side *side)
{
	struct iommufd__dma_hints *older = iommufd__dma_hints(side), *hints;
	uint32_t bits = older ? older->bits + 1 : FIRST_BITS;

	hints = iommufd__dma_memory_new(
		map, sizeof(*hints) + (sizeof(hints->slot[0]) << bits));
	if (!hints)
		return 0;
	hints->bits = bits;
	hints->mask = (UINT32_C(1) << bits) - 1;
	hints->older = older;
	atomic_store_explicit(&side->hints, hints, memory_order_release);
	return 1;
}

/*
 * Tables twice as large, or the first ones. They are empty: readers fill them as
 * they go. 0 when there is no memory, which does no harm later.
 */
int iommufd__dma_hints_new(struct iommufd_dma_map *map)
{
	for (unsigned int i = 0; i < DMA_SIDES; i++)
		if (!side_hints_new(map, &map->side[i]))
			return 0;
	return 1;
}

static void clear(struct iommufd__dma_hints *hints)
{
	for (uint32_t i = 0; i <= hints->mask; i++)
		atomic_store_explicit(&hints->slot[i], NULL,
				      memory_order_relaxed);
}

/*
 * Hints go by the mean length of regions, and are of no use where lengths differ
 * much: the standard deviation, as a power of two, is to be 1.5 at most.
 */
static uint32_t best_shift(const struct iommufd_dma_map *map)
{
	const uint64_t n = map->info.regions, sum = map->log_sum;

	if (!n)
		return DMA_SHIFT;
	if (4 * (n * map->log_squares - sum * sum) > 9 * n * n)
		return DMA_UNHINTED;
	return (uint32_t)(sum / n);
}

static int is_near(uint32_t a, uint32_t b)
{
	return a == b || (a != DMA_UNHINTED && b != DMA_UNHINTED &&
			  a <= b + 1 && b <= a + 1);
}

/*
 * There are as many slots as regions. Another shift makes all hints useless, so
 * it has to be worth it.
 */
void iommufd__dma_hints_fit(struct iommufd_dma_map *map)
{
	uint32_t shift = best_shift(map);

	if (map->info.regions > iommufd__dma_hints(&map->side[0])->mask + 1)
		iommufd__dma_hints_new(map);
	for (unsigned int i = 0; i < DMA_SIDES; i++) {
		struct iommufd__dma_side *side = &map->side[i];

		if (is_near(iommufd__dma_shift(side), shift))
			continue;
		atomic_store_explicit(&side->shift, shift,
				      memory_order_relaxed);
		clear(iommufd__dma_hints(side));
	}
}

static void drop(struct iommufd__dma_side *side,
		 const struct iommufd__dma_record *record, uint64_t start,
		 uint64_t length)
{
	struct iommufd__dma_hints *hints = iommufd__dma_hints(side);
	uint32_t shift = iommufd__dma_shift(side);
	uint64_t last = start + length - 1;

	if (shift == DMA_UNHINTED ||
	    !iommufd__dma_is_hinted(start, length, shift))
		return;
	for (uint64_t page = start >> shift; page <= last >> shift; page++) {
		_Atomic(struct iommufd__dma_record *) *slot =
			iommufd__dma_slot(hints, page);

		if (atomic_load_explicit(slot, memory_order_relaxed) == record)
			atomic_store_explicit(slot, NULL, memory_order_relaxed);
	}
}

/* Of a region that goes. What is left by chance does no harm. */
void iommufd__dma_hints_drop(struct iommufd_dma_map *map, uint32_t index)
{
	const struct iommufd__dma_record *r = iommufd__dma_record(map, index);

	for (unsigned int i = 0; i < DMA_SIDES; i++)
		drop(&map->side[i], r,
		     atomic_load_explicit(&r->start[i], memory_order_relaxed),
		     atomic_load_explicit(&r->length, memory_order_relaxed));
}
