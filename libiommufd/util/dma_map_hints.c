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
		atomic_store_explicit(&hints->slot[i], 0, memory_order_relaxed);
}

/* All regions together have as many slots as there are, or half of them. */
static uint32_t leaf_shift(const struct iommufd_dma_map *map)
{
	uint64_t bytes = map->info.bytes >> iommufd__dma_hints(map->side)->bits;

	return 64 - (uint32_t)__builtin_clzll(bytes | 1);
}

/*
 * Where lengths are much the same, a slot has a record, and hints go by the mean
 * length. What is much the same: a standard deviation, as a power of two, of 1.5
 * at most, or 2 to remain it. Else it has a leaf.
 */
static uint32_t best_shift(const struct iommufd_dma_map *map)
{
	const uint64_t n = map->info.regions, sum = map->log_sum;
	uint64_t most = iommufd__dma_shift(map->side) < DMA_LEAVES ? 16 : 9;

	if (!n)
		return DMA_SHIFT;
	if (4 * (n * map->log_squares - sum * sum) > most * n * n)
		return DMA_LEAVES + leaf_shift(map);
	return (uint32_t)(sum / n);
}

/* With leaves a finer shift is too fine, as there are not slots enough. */
static int is_near(uint32_t shift, uint32_t best)
{
	if (best < DMA_LEAVES)
		return shift <= best + 1 && best <= shift + 1;
	return shift >= best && shift <= best + 2;
}

/*
 * There are as many slots as regions. Another shift makes all hints useless, so
 * it has to be worth it.
 */
void iommufd__dma_hints_fit(struct iommufd_dma_map *map)
{
	uint32_t shift;

	if (map->info.regions > iommufd__dma_hints(map->side)->mask + 1)
		iommufd__dma_hints_new(map);
	shift = best_shift(map);
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

	if (shift >= DMA_LEAVES ||
	    !iommufd__dma_is_hinted(start, length, shift))
		return;
	for (uint64_t page = start >> shift; page <= last >> shift; page++) {
		_Atomic uintptr_t *slot = iommufd__dma_slot(
			hints, iommufd__dma_place(hints, page));

		if (iommufd__dma_hint(slot) == (uintptr_t)record)
			iommufd__dma_hint_set(slot, 0);
	}
}

/*
 * Of a region that goes. What is left by chance does no harm; nor do leaves, which
 * readers note anew when they have changed.
 */
void iommufd__dma_hints_drop(struct iommufd_dma_map *map, uint32_t index)
{
	const struct iommufd__dma_record *r = iommufd__dma_record(map, index);

	for (unsigned int i = 0; i < DMA_SIDES; i++)
		drop(&map->side[i], r,
		     atomic_load_explicit(&r->start[i], memory_order_relaxed),
		     atomic_load_explicit(&r->length, memory_order_relaxed));
}
