/* SPDX-License-Identifier: MIT */
/*
 * The readers' half of a DMA map; dma_map.h says why it needs no lock.
 *
 * Hints: a slot of the table is for a page, that is, for addresses that differ in
 * the low bits only, and for other pages with the same hash. Pages that follow
 * each other have slots close to each other.
 *
 * Where regions are of about the same size, and aligned, pages are of that size. A
 * region that is just one page on both sides, as buffers of huge pages are, is in
 * the slot itself: one access finds it. Writers put it there and take it out again
 * (dma_map_hints.c). Of another region the slot has the record, so regions in a row
 * have a slot each. Readers fill it in when they had to go through the tree, but
 * only if there is nothing in it that is alive: so two readers do not quarrel about
 * a slot.
 *
 * Elsewhere a slot has a leaf of the tree, which has many small regions or few
 * large ones: the last one that begins in the page or before. So the leaf for an
 * address is that of its page's slot, or, if that one begins behind the address,
 * the one before, which the slot of the page before has: unless more than one leaf
 * begins in the page.
 */
#include "dma_map.h"

#include <errno.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NOINLINE      __attribute__((noinline))
#define LIKELY(x)     __builtin_expect((x) != 0, 1)
#define UNLIKELY(x)   __builtin_expect((x) != 0, 0)

typedef struct iommufd__dma_hints hints_t;
typedef struct iommufd__dma_node node_t;
typedef struct iommufd__dma_record record_t;
typedef struct iommufd__dma_region region_t;
typedef struct iommufd_dma_map map_t;
typedef struct iommufd__dma_side side_t;

/* To be read before anything else: see dma_map.h. */
static inline uint64_t removals_of(const map_t *map)
{
	return atomic_load_explicit(&map->removals, memory_order_acquire);
}

enum { LOOK_ELSEWHERE, LOOK_FOUND, LOOK_CHANGED };

/* Whether the record is that of a region with this byte, which it then gives. */
static ALWAYS_INLINE int look(const map_t *map, const record_t *record,
			      unsigned int which, uint64_t key,
			      uint64_t removals, region_t *region)
{
	region->length =
		atomic_load_explicit(&record->length, memory_order_acquire);
	IOMMUFD__DMA_PAUSE();
	region->start[which] = iommufd__dma_get(&record->start[which]);
	IOMMUFD__DMA_PAUSE();
	region->start[!which] = iommufd__dma_get(&record->start[!which]);
	IOMMUFD__DMA_PAUSE();
	region->offset = key - region->start[which];
	if (region->offset >= region->length)
		return LOOK_ELSEWHERE;
	iommufd__dma_fence(memory_order_acquire);
	return iommufd__dma_get(&map->removals) == removals ? LOOK_FOUND
							    : LOOK_CHANGED;
}

/* Whether a node that was read just now can have been used anew before. */
static inline int is_stale(const side_t *side, uint64_t version)
{
	iommufd__dma_fence(memory_order_acquire);
	return iommufd__dma_get(&side->version) - version >= DMA_GRACE;
}

/* Acquire: who sees where it is must also see what is there. */
static inline void *entry(const node_t *node, unsigned int slot)
{
	return atomic_load_explicit(&node->at[slot], memory_order_acquire);
}

/* Down to the record of the last region that begins not above the key. */
static ALWAYS_INLINE int walk(const side_t *side, uint64_t version,
			      uint64_t key, const node_t **leaf,
			      record_t **record)
{
	uintptr_t root =
		atomic_load_explicit(&side->root, memory_order_acquire);
	const node_t *node = iommufd__dma_root(root);
	unsigned int height = iommufd__dma_height(root), rank;
	void *at;

	if (!node)
		return LOOK_ELSEWHERE;
	/* No region begins at the last byte of all: that stands for no key. */
	key -= key == UINT64_MAX;
	for (;;) {
		IOMMUFD__DMA_PAUSE();
		rank = iommufd__dma_rank(node, key);
		IOMMUFD__DMA_PAUSE();
		if (!rank)
			return is_stale(side, version) ? LOOK_CHANGED
						       : LOOK_ELSEWHERE;
		at = entry(node, rank - 1);
		IOMMUFD__DMA_PAUSE();
		if (is_stale(side, version))
			return LOOK_CHANGED;
		if (!--height)
			break;
		node = at;
	}
	*leaf = node;
	*record = at;
	return LOOK_FOUND;
}

/*
 * A record that has died or become another region's says as much as a tree
 * without it: while we were here there was a time without such a region.
 */
static ALWAYS_INLINE record_t *find_in_tree(const map_t *map,
					    unsigned int which, uint64_t key,
					    uint64_t *removals,
					    region_t *region,
					    const node_t **leaf)
{
	const side_t *side = &map->side[which];
	record_t *record = NULL;
	uint64_t version;
	int found;

	do {
		*removals = removals_of(map);
		version = atomic_load_explicit(&side->version,
					       memory_order_acquire);
		found = walk(side, version, key, leaf, &record);
		if (found == LOOK_FOUND)
			found = look(map, record, which, key, *removals,
				     region);
	} while (found == LOOK_CHANGED);
	return found == LOOK_FOUND ? record : NULL;
}

/* ---- hints --------------------------------------------------------------- */

static inline uint64_t first_of(const node_t *leaf)
{
	return iommufd__dma_get(&leaf->key[0]);
}

static inline const node_t *leaf_of(uint64_t hint)
{
	return (const node_t *)(uintptr_t)(hint - DMA_IS_LEAF);
}

static inline int is_alive(uint64_t hint)
{
	const record_t *record = (const record_t *)(uintptr_t)hint;

	if (hint & (DMA_IS_LEAF | DMA_IS_PAGE))
		return !(hint & DMA_IS_LEAF);
	return hint && iommufd__dma_get(&record->length);
}

/* Only where there is none, and the region does not fill the table. */
static inline void note_record(const side_t *side, unsigned int which,
			       uint64_t key, uint32_t shift,
			       const record_t *record, const region_t *region)
{
	_Atomic uint64_t *slot =
		iommufd__dma_slot(iommufd__dma_hints(side), key >> shift);

	if (iommufd__dma_is_hinted(region->start[which], region->length,
				   shift) &&
	    !is_alive(iommufd__dma_hint(slot)))
		iommufd__dma_hint_set(slot, (uintptr_t)record);
}

/*
 * A leaf that begins in the key's page, but behind the key, stays, being for what
 * follows. The slot before is then the place of this leaf, if that begins before
 * the page; if not there is none.
 */
static inline void note_leaf(const side_t *side, uint64_t key, uint32_t shift,
			     const node_t *leaf)
{
	hints_t *hints = iommufd__dma_hints(side);
	uint64_t page = key >> shift;
	uint64_t old = iommufd__dma_hint(iommufd__dma_slot(hints, page));
	uint64_t first = old & DMA_IS_LEAF ? first_of(leaf_of(old)) : 0;
	uintptr_t root =
		atomic_load_explicit(&side->root, memory_order_relaxed);

	/* A leaf that is the whole tree is found faster without a slot. */
	if (iommufd__dma_height(root) == 1)
		return;
	if (first > key && first >> shift == page) {
		if (first_of(leaf) >> shift == page)
			return;
		page--;
	}
	iommufd__dma_hint_set(iommufd__dma_slot(hints, page),
			      (uintptr_t)leaf | DMA_IS_LEAF);
}

/*
 * The leaf that is in the slot, or the one before: which one is computed, where a
 * branch would often be guessed wrong. Where all of its keys are above, the first
 * record is, too. The next region's record is fetched for who goes through memory
 * in order.
 */
static ALWAYS_INLINE int find_in_leaf(const map_t *map, uint64_t hint,
				      uint64_t before, unsigned int which,
				      uint64_t key, uint64_t removals,
				      region_t *region)
{
	const node_t *leaf = leaf_of(hint);
	const record_t *record;
	unsigned int last;

	__builtin_prefetch(&leaf->key[DMA_WIDTH / 2]);
	__builtin_prefetch(&leaf->at[0]);
	__builtin_prefetch(&leaf->at[DMA_WIDTH / 2]);
	IOMMUFD__DMA_PAUSE();
	hint ^= (hint ^ before) & -(uint64_t)(first_of(leaf) > key);
	if (!(hint & DMA_IS_LEAF))
		return 0;
	leaf = leaf_of(hint);
	IOMMUFD__DMA_PAUSE();
	last = iommufd__dma_last(leaf, key);
	IOMMUFD__DMA_PAUSE();
	record = entry(leaf, last);
	__builtin_prefetch(entry(leaf, (last + 1) % DMA_WIDTH));
	IOMMUFD__DMA_PAUSE();
	return look(map, record, which, key, removals, region) == LOOK_FOUND;
}

/* Where an address has its hint, and the hint. */
struct spot {
	uint64_t size; /* of the page; for leaves it is of no use */
	uint64_t shift;
	uint64_t page, hint;
	hints_t *hints;
};

static ALWAYS_INLINE struct spot spot_of(const side_t *side, uint64_t key)
{
	uint64_t page = iommufd__dma_page(side);
	struct spot s = { .size = iommufd__dma_size(page),
			  .shift = page % DMA_LEAVES,
			  .page = key >> page % DMA_LEAVES };

	IOMMUFD__DMA_PAUSE();
	s.hints = iommufd__dma_hints(side);
	IOMMUFD__DMA_PAUSE();
	s.hint = iommufd__dma_hint(iommufd__dma_slot(s.hints, s.page));
	IOMMUFD__DMA_PAUSE();
	return s;
}

static ALWAYS_INLINE uint64_t before(const struct spot *spot)
{
	return iommufd__dma_hint(
		iommufd__dma_slot(spot->hints, spot->page - 1));
}

/* A page that is a region. Here, too, nothing was removed while we looked. */
static ALWAYS_INLINE int look_at_page(const map_t *map, const struct spot *spot,
				      unsigned int which, uint64_t key,
				      uint64_t removals, region_t *region)
{
	if (((spot->hint >> DMA_PAGE) ^ spot->page) & ~spot->hints->mask)
		return LOOK_ELSEWHERE;
	region->length = spot->size;
	region->start[which] = key & -spot->size;
	region->offset = key & (spot->size - 1);
	region->start[!which] = (spot->hint >> DMA_OTHER & DMA_OTHERS)
				<< spot->shift;
	iommufd__dma_fence(memory_order_acquire);
	return iommufd__dma_get(&map->removals) == removals ? LOOK_FOUND
							    : LOOK_CHANGED;
}

/* A hint that is no leaf. */
static ALWAYS_INLINE int find_at(const map_t *map, const struct spot *spot,
				 unsigned int which, uint64_t key,
				 uint64_t removals, region_t *region)
{
	const record_t *record = (const record_t *)(uintptr_t)spot->hint;

	if (LIKELY(spot->hint & DMA_IS_PAGE))
		return look_at_page(map, spot, which, key, removals, region) ==
		       LOOK_FOUND;
	return record &&
	       look(map, record, which, key, removals, region) == LOOK_FOUND;
}

static ALWAYS_INLINE int find_by_hint(const map_t *map, unsigned int which,
				      uint64_t key, uint64_t removals,
				      region_t *region)
{
	const struct spot spot = spot_of(&map->side[which], key);

	if (spot.hint & DMA_IS_LEAF)
		return find_in_leaf(map, spot.hint, before(&spot), which, key,
				    removals, region);
	return find_at(map, &spot, which, key, removals, region);
}

static ALWAYS_INLINE int find_slowly(const map_t *map, unsigned int which,
				     uint64_t key, uint64_t *removals,
				     region_t *region)
{
	const side_t *side = &map->side[which];
	uint32_t shift = iommufd__dma_shift(side);
	const node_t *leaf = NULL;
	const record_t *record =
		find_in_tree(map, which, key, removals, region, &leaf);

	if (record && shift >= DMA_LEAVES)
		note_leaf(side, key, shift - DMA_LEAVES, leaf);
	else if (record)
		note_record(side, which, key, shift, record, region);
	return record != NULL;
}

static inline void move(struct iommufd_dma_cursor *cursor, uint64_t removals,
			const region_t *region)
{
	cursor->address = region->start[DMA_ADDRESS];
	cursor->iova = region->start[DMA_IOVA];
	cursor->length = region->length;
	cursor->removals = removals;
}

int iommufd__dma_cursor_find(struct iommufd_dma_cursor *cursor,
			     unsigned int which, uint64_t key)
{
	uint64_t removals = removals_of(cursor->map);
	region_t region = { .length = 0 };

	if (!find_by_hint(cursor->map, which, key, removals, &region) &&
	    !find_slowly(cursor->map, which, key, &removals, &region))
		return 0;
	move(cursor, removals, &region);
	return 1;
}

/* ---- what is called ------------------------------------------------------ */

/*
 * The slow halves are apart and called last, so that the fast ones need no
 * stack; nobody but they can say that there is nothing.
 */

static inline void answer(const region_t *region, struct iommufd_extent *iova)
{
	iova->start = region->start[DMA_IOVA] + region->offset;
	iova->length = region->length - region->offset;
}

static inline void answer_back(const region_t *region,
			       struct iommufd_dma_memory *memory)
{
	memory->start = (void *)(uintptr_t)(region->start[DMA_ADDRESS] +
					    region->offset);
	memory->length = region->length - region->offset;
}

static NOINLINE int refused(uint32_t cause, int err, uint64_t memory,
			    uint64_t iova)
{
	const struct iommufd__dma_call call = { .memory = memory,
						.iova = iova };

	return iommufd__dma_refused(cause, err, &call);
}

static NOINLINE int translate_slowly(struct iommufd_dma_cursor *cursor,
				     uint64_t key, struct iommufd_extent *iova)
{
	uint64_t removals;
	region_t region = { .length = 0 };

	if (!find_slowly(cursor->map, DMA_ADDRESS, key, &removals, &region))
		return refused(IOMMUFD_CAUSE_NOT_REGISTERED, ENOENT, key, 0);
	answer(&region, iova);
	move(cursor, removals, &region);
	return 0;
}

static NOINLINE int translate_in_leaf(struct iommufd_dma_cursor *cursor,
				      uint64_t key, struct iommufd_extent *iova,
				      uint64_t hint, uint64_t before,
				      uint64_t removals)
{
	region_t region;

	if (!find_in_leaf(cursor->map, hint, before, DMA_ADDRESS, key, removals,
			  &region))
		return translate_slowly(cursor, key, iova);
	answer(&region, iova);
	move(cursor, removals, &region);
	return 0;
}

UTIL_API int iommufd_dma_map_translate(struct iommufd_dma_cursor *cursor,
				       const void *address,
				       struct iommufd_extent *iova)
{
	uint64_t key = (uint64_t)(uintptr_t)address, removals;
	const map_t *map;
	struct spot spot;
	region_t region;

	if (!cursor || !cursor->map || !iova)
		return refused(IOMMUFD_CAUSE_NULL_POINTER, EINVAL, key, 0);
	map = cursor->map;
	removals = removals_of(map);
	spot = spot_of(&map->side[DMA_ADDRESS], key);
	if (UNLIKELY(spot.hint & DMA_IS_LEAF))
		return translate_in_leaf(cursor, key, iova, spot.hint,
					 before(&spot), removals);
	if (!find_at(map, &spot, DMA_ADDRESS, key, removals, &region))
		return translate_slowly(cursor, key, iova);
	answer(&region, iova);
	move(cursor, removals, &region);
	return 0;
}

static NOINLINE int translate_back_slowly(struct iommufd_dma_cursor *cursor,
					  uint64_t key,
					  struct iommufd_dma_memory *memory)
{
	uint64_t removals;
	region_t region = { .length = 0 };

	if (!find_slowly(cursor->map, DMA_IOVA, key, &removals, &region))
		return refused(IOMMUFD_CAUSE_NOT_REGISTERED, ENOENT, 0, key);
	answer_back(&region, memory);
	move(cursor, removals, &region);
	return 0;
}

static NOINLINE int translate_back_in_leaf(struct iommufd_dma_cursor *cursor,
					   uint64_t key,
					   struct iommufd_dma_memory *memory,
					   uint64_t hint, uint64_t before,
					   uint64_t removals)
{
	region_t region;

	if (!find_in_leaf(cursor->map, hint, before, DMA_IOVA, key, removals,
			  &region))
		return translate_back_slowly(cursor, key, memory);
	answer_back(&region, memory);
	move(cursor, removals, &region);
	return 0;
}

UTIL_API int iommufd_dma_map_translate_back(struct iommufd_dma_cursor *cursor,
					    uint64_t iova,
					    struct iommufd_dma_memory *memory)
{
	const map_t *map;
	struct spot spot;
	region_t region;
	uint64_t removals;

	if (!cursor || !cursor->map || !memory)
		return refused(IOMMUFD_CAUSE_NULL_POINTER, EINVAL, 0, iova);
	map = cursor->map;
	removals = removals_of(map);
	spot = spot_of(&map->side[DMA_IOVA], iova);
	if (UNLIKELY(spot.hint & DMA_IS_LEAF))
		return translate_back_in_leaf(cursor, iova, memory, spot.hint,
					      before(&spot), removals);
	if (!find_at(map, &spot, DMA_IOVA, iova, removals, &region))
		return translate_back_slowly(cursor, iova, memory);
	answer_back(&region, memory);
	move(cursor, removals, &region);
	return 0;
}
