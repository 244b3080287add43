/* SPDX-License-Identifier: MIT */
/* The writers' part of the hints; dma_map_find.c says what they are. */
#include "dma_map.h"

/* Another page size is tried when one region for so many slots came or went. */
#define SLOTS_A_CHANGE 256

/*
 * A table twice as large, or the first one. It is empty: readers fill it as they go.
 * 0 when there is no memory, which does no harm later.
 */
static int side_hints_new(struct iommufd_dma_map *map,
			  struct iommufd__dma_side *side)
{
	struct iommufd__dma_hints *older = iommufd__dma_hints(side), *hints;
	uint64_t mask =
		older ? 2 * older->mask + 1 : (UINT64_C(1) << DMA_BITS) - 1;

	hints = iommufd__dma_memory_new(
		map,
		sizeof(*hints) + ((size_t)mask + 1) * sizeof(hints->slot[0]));
	if (!hints)
		return 0;
	hints->mask = mask;
	hints->slot = (void *)(hints + 1);
	hints->older = older;
	atomic_store_explicit(&side->hints, hints, memory_order_release);
	return 1;
}

/* Of both sides. */
int iommufd__dma_hints_new(struct iommufd_dma_map *map)
{
	for (unsigned int i = 0; i < DMA_SIDES; i++)
		if (!side_hints_new(map, &map->side[i]))
			return 0;
	return 1;
}

static _Atomic uint64_t *slot_of(const struct iommufd__dma_side *side,
				 uint64_t key)
{
	return iommufd__dma_slot(iommufd__dma_hints(side),
				 key >> iommufd__dma_shift(side) % DMA_LEAVES);
}

static void clear(struct iommufd__dma_hints *hints)
{
	for (uint64_t i = 0; i <= hints->mask; i++)
		atomic_store_explicit(&hints->slot[i], 0, memory_order_relaxed);
}

/*
 * All regions together have as many slots as there are, or half of them: fewer if
 * there were many once, as no page is too small to be a region.
 */
static uint32_t leaf_shift(const struct iommufd_dma_map *map)
{
	uint64_t slots = iommufd__dma_hints(map->side)->mask + 1;
	uint32_t shift =
		64 - (uint32_t)__builtin_clzll(map->info.bytes / slots | 1);

	return shift < DMA_SHIFT_MIN ? DMA_SHIFT_MIN : shift;
}

/*
 * Where lengths are much the same, a slot is for a region, and hints go by the mean
 * length. What is much the same: a standard deviation, as a power of two, of 1.5
 * at most, or 2 to remain it. But if many are not aligned, pages have parts of two.
 * Then, too, a slot has a leaf.
 */
static uint32_t best_shift(const struct iommufd_dma_map *map)
{
	const uint64_t n = map->info.regions, sum = map->log_sum;
	uint32_t now = iommufd__dma_shift(map->side), shift;
	uint64_t most = now < DMA_LEAVES ? 16 : 9;

	if (!n)
		return now;
	if (4 * (n * map->log_squares - sum * sum) > most * n * n ||
	    map->aligned < n - n / 4)
		return DMA_LEAVES + leaf_shift(map);
	shift = (uint32_t)((sum + n / 2) / n);
	return shift < DMA_SHIFT_MIN ? DMA_SHIFT_MIN : shift;
}

/*
 * Another shift makes all hints useless, and all slots and records have to be gone
 * through, also if few are in use now. So enough has to have come and gone since the
 * last one. With leaves a finer one is too fine, as there are not slots enough.
 */
static int is_good(const struct iommufd_dma_map *map, uint32_t best)
{
	const uint64_t least =
		iommufd__dma_hints(map->side)->mask / SLOTS_A_CHANGE;
	uint32_t now = iommufd__dma_shift(map->side);

	if (now >= DMA_LEAVES && best >= DMA_LEAVES)
		return (now >= best && now <= best + 2) || map->changes < least;
	return now == best || map->changes < least + map->info.regions / 2;
}

/* ---- pages --------------------------------------------------------------- */

/*
 * The hint for a region that is just one page, on both sides; or 0, also when the
 * numbers are too large.
 */
static uint64_t page_hint(const struct iommufd__dma_record *r,
			  unsigned int which, uint64_t page)
{
	const uint32_t shift = page % (2 * DMA_LEAVES);
	const uint64_t size = iommufd__dma_size(page),
		       start = iommufd__dma_get(&r->start[which]),
		       other = iommufd__dma_get(&r->start[!which]);
	uint64_t above;

	if (!DMA_PAGED || shift >= DMA_LEAVES ||
	    iommufd__dma_get(&r->length) != size || (start | other) % size)
		return 0;
	above = start >> shift >> DMA_BITS << DMA_BITS;
	if (above >> (64 - DMA_PAGE) || other >> shift > DMA_OTHERS)
		return 0;
	return above << DMA_PAGE | other >> shift << DMA_OTHER | DMA_IS_PAGE;
}

/*
 * Of a region that has come alive. A page that is in the slot stays there: what comes
 * and goes does not make others slower. From a record the slot is taken, and a reader
 * that notes one just then may take it from this: such a region is found in the tree,
 * or by its record, until the hints are made anew.
 */
void iommufd__dma_hints_add(struct iommufd_dma_map *map,
			    const struct iommufd__dma_record *record)
{
	for (unsigned int i = 0; i < DMA_SIDES; i++) {
		const struct iommufd__dma_side *side = &map->side[i];
		uint64_t hint = page_hint(record, i, iommufd__dma_page(side));
		_Atomic uint64_t *slot =
			slot_of(side, iommufd__dma_get(&record->start[i]));

		if (hint && (iommufd__dma_hint(slot) &
			     (DMA_IS_LEAF | DMA_IS_PAGE)) != DMA_IS_PAGE)
			iommufd__dma_hint_set(slot, hint);
	}
}

static void add_all(struct iommufd_dma_map *map)
{
	for (const struct iommufd__dma_chunk *c = map->chunks; c; c = c->next)
		for (size_t i = 0; i < DMA_CHUNK; i++)
			if (iommufd__dma_get(&c->record[i].length))
				iommufd__dma_hints_add(map, &c->record[i]);
}

/*
 * A reader must not take a hint for one of pages of another size. So this counts as
 * a removal. Who began in the middle of it finds old hints by the old size, or none:
 * that is right, as no region goes while the mutex is held.
 */
static void set_shift(struct iommufd_dma_map *map, uint32_t shift)
{
	iommufd__dma_removal_begin(map);
	for (unsigned int i = 0; i < DMA_SIDES; i++) {
		clear(iommufd__dma_hints(&map->side[i]));
		IOMMUFD__DMA_STORED();
		atomic_store_explicit(&map->side[i].page,
				      iommufd__dma_page_of(shift),
				      memory_order_release);
		IOMMUFD__DMA_STORED();
	}
	iommufd__dma_removal_end(map);
	map->changes = 0;
}

/*
 * There are to be as many slots as regions. But with the older tables, which stay, new
 * ones take most memory for a region when they have just come: they have to wait, the
 * longer the more the trees take. Both sides at once, as pages of both are of one size.
 */
static int hints_grow(struct iommufd_dma_map *map)
{
	const uint64_t regions = map->info.regions,
		       most = DMA_FIXED + DMA_BYTES * regions;
	uint64_t bytes = map->info.memory;
	int is_short[DMA_SIDES], grown = 0;

	for (unsigned int i = 0; i < DMA_SIDES; i++) {
		uint64_t slots = iommufd__dma_hints(&map->side[i])->mask + 1;

		is_short[i] = regions > slots;
		if (is_short[i])
			bytes += 2 * slots * sizeof(uint64_t);
	}
	/* Without memory for it a table stays as it is, until the next change. */
	for (unsigned int i = 0; i < DMA_SIDES; i++)
		if (is_short[i] && bytes <= most)
			grown |= side_hints_new(map, &map->side[i]);
	return grown;
}

void iommufd__dma_hints_fit(struct iommufd_dma_map *map)
{
	const int grown = hints_grow(map);
	uint32_t shift;

	shift = best_shift(map);
	map->changes++;
	if (!is_good(map, shift))
		set_shift(map, shift);
	else if (!grown)
		return;
	add_all(map);
}

static void drop(const struct iommufd__dma_side *side,
		 const struct iommufd__dma_record *r, unsigned int which)
{
	const uint32_t shift = iommufd__dma_shift(side);
	const uint64_t start = iommufd__dma_get(&r->start[which]),
		       length = iommufd__dma_get(&r->length),
		       hint = page_hint(r, which, iommufd__dma_page(side));

	if (shift >= DMA_LEAVES ||
	    !iommufd__dma_is_hinted(start, length, shift))
		return;
	for (uint64_t page = start >> shift;
	     page <= (start + length - 1) >> shift; page++) {
		_Atomic uint64_t *slot =
			iommufd__dma_slot(iommufd__dma_hints(side), page);
		uint64_t now = iommufd__dma_hint(slot);

		if (now && (now == (uintptr_t)r || now == hint))
			iommufd__dma_hint_set(slot, 0);
	}
}

/*
 * Of a region that is about to go. Its page must not be left, as nothing else says
 * that it is gone. Only writers store pages: one that is not in its slot any more
 * has been overwritten, and who sees the removal counted sees that, too, and this
 * table, so older ones need not be cleaned. A hint to the record does no harm, nor
 * do leaves, which readers note anew when they have changed.
 */
void iommufd__dma_hints_drop(struct iommufd_dma_map *map,
			     const struct iommufd__dma_record *record)
{
	for (unsigned int i = 0; i < DMA_SIDES; i++)
		drop(&map->side[i], record, i);
}
