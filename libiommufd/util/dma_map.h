/* SPDX-License-Identifier: MIT */
/*
 * What the files of the DMA map share.
 *
 * There is one *record* for each region, and two *sides*, which find a record by
 * address and by IOVA. A side is a tree (dma_map_tree.c), in front of it a table
 * of hints (dma_map_find.c). Writers hold the map's mutex, but never while the
 * kernel maps or unmaps; readers hold nothing. How a reader can never be led
 * astray by memory that is used anew:
 *
 * Nothing that a reader may look at is given back to the system before the map
 * ends, and a record stays a record, a leaf a leaf. So looking is always safe;
 * what was seen may be out of date.
 *
 * Records. `length` is 0 while the region may not be translated; a writer sets it
 * last, and changes the rest only while it is 0 and after the removal was counted.
 * `removals` of the map is odd while a region is being removed, that is, while its
 * length becomes 0, which happens before the kernel unmaps it. A reader reads
 * `removals`, then the length, then the rest, then `removals` again: the same
 * number, be it odd, means that what it read belongs together and was valid at that
 * moment, however it came to the record.
 * A region that holds the address looked for is therefore the answer, always.
 *
 * Hints. That makes most of them easy: they may be wrong. A hint names a record,
 * or, where lengths differ, a leaf of the tree, in which the reader then looks for
 * the record. It need not know whether that leaf is still in its place, is waiting,
 * or is somewhere else by now, nor whether it is being written to: it finds some
 * record, since a leaf has never held anything else (new ones have `nobody`, which
 * never lives), and whoever sees a pointer to a record sees the record's memory.
 * The record tells whether it is the right one. If not, the tree is asked, and only
 * the tree can say that there is none.
 *
 * Pages. A hint may also be the region itself, if that is just one page. Such a
 * hint must not be wrong, so only writers make it, when the region has come alive,
 * and take it away, before `removals` says that it is gone. A reader reads
 * `removals` first and last, as with records, and between them the size of pages
 * and the slot. The size changes while `removals` is odd, after all slots have
 * been cleared, and slots are filled again when it is even: so with the same
 * `removals` first and last, size and hint belong together.
 *
 * Nodes. Only "there is none" has to be proven, and pointers have to be good
 * before they are followed. A node that readers can reach changes in two ways
 * only: one pointer to a child, or one key. Any other change is made in a copy,
 * and a pointer to the copy takes the node's place. A node that has lost its
 * place keeps its content until GRACE further changes of the tree have begun.
 * Each change begins with counting up `version`, before it writes to a node that
 * is used anew. A reader notes the version before it reads the root. If it is
 * less than GRACE ahead after something was read of a node, the node still had
 * its content, so the pointer is good; else the reader begins again. It never
 * waits for a writer, and begins again only if writers have done GRACE changes
 * meanwhile.
 *
 * Order of memory accesses. Writers publish nodes and records by a release store
 * of the pointer, and a region by one of the length; a release fence stands between
 * counting (the version, or removals) and the writes that it warns of. The version
 * is stored by release, too: who reads it sees the changes before. Readers have an
 * acquire fence between reading something and looking at the count again: who has
 * seen a word of the new content sees the new count too.
 *
 * Cursors. A cursor is a copy of a record and of the number of removals that was
 * read first, and is good as long as that has not changed. Made while a removal
 * goes on it has an odd number, which is past when the removal is complete.
 */
#ifndef LIBIOMMUFD_UTIL_DMA_MAP_PRIVATE_H
#define LIBIOMMUFD_UTIL_DMA_MAP_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "internal.h"

/* A test puts something here that happens between two accesses of a reader. */
#ifndef IOMMUFD__DMA_PAUSE
#define IOMMUFD__DMA_PAUSE()
#endif

/* The same after a store, for a writer. */
#ifndef IOMMUFD__DMA_STORED
#define IOMMUFD__DMA_STORED()
#endif

/* Slots of a region among the hints; a larger one has none. */
#ifndef DMA_HINTED
#define DMA_HINTED 16
#endif

/* Whether a region may be in its slot. */
#ifndef DMA_PAGED
#define DMA_PAGED 1
#endif

/*
 * Tables of hints grow if a map then takes no more bytes than so many, and so many for
 * each region. 256 KiB are promised: the rest is for nodes and records that come next,
 * of which many are allocated at once.
 */
#define DMA_FIXED (128 * 1024)
#define DMA_BYTES 128

#define DMA_LINE   64
#define DMA_WIDTH  16 /* of a node */
#define DMA_HEIGHT 15 /* of a tree at most; a node's address has room for it */
#define DMA_GRACE  4

#define DMA_CHUNK     2046 /* records allocated at once, with 64 KiB */
#define DMA_LIMBO     256
#define DMA_SHIFT     21 /* of a page when there is nothing yet, */
#define DMA_SHIFT_MIN 12 /* and at least */
#define DMA_LEAVES    64 /* added to the shift: hints are leaves */
#define DMA_IS_LEAF   1	 /* added to a hint, and else not in an address */
#define DMA_IS_PAGE   2	 /* the hint is no address, but has from */
#define DMA_OTHER     2	 /* this bit on the page on the other side, from */
#define DMA_PAGE      27 /* this one on the page but for what any table masks */
#define DMA_BITS      10 /* of the first table; of a page that is not there */
#define DMA_OTHERS    ((UINT64_C(1) << (DMA_PAGE + DMA_BITS - DMA_OTHER)) - 1)

/* Which side; also the member of a record that it goes by. */
enum { DMA_ADDRESS, DMA_IOVA, DMA_SIDES };

/*
 * Keys ascend; those not used are UINT64_MAX, where no region can begin. The
 * key of a child is that of its first region. A leaf has records in place of
 * children.
 */
struct iommufd__dma_node {
	_Atomic uint64_t key[DMA_WIDTH];
	_Atomic(void *) at[DMA_WIDTH];
};

/*
 * A region. What readers look at is described above; the rest is writers'. While
 * `length` is 0, start[DMA_IOVA] has the length instead, and while it is free
 * start[DMA_ADDRESS] the next free one.
 */
struct iommufd__dma_record {
	_Atomic uint64_t length;
	_Atomic uint64_t start[DMA_SIDES];
	uint64_t shares : 56;
	uint64_t access : 4; /* IOMMUFD_MAP_ flags */
	uint64_t state : 4;
};

enum { DMA_FREE, DMA_MAPPING, DMA_LIVE, DMA_UNMAPPING };

struct iommufd__dma_chunk {
	struct iommufd__dma_chunk *next;
	_Alignas(DMA_LINE) struct iommufd__dma_record record[DMA_CHUNK];
};

/*
 * Records, leaves, or pages by a hash of the address; 0 for none. The slots follow; by
 * a pointer they need one addition less, which the access would wait for.
 */
struct iommufd__dma_hints {
	uint64_t mask;
	struct iommufd__dma_hints *older; /* a reader may still be there */
	_Atomic uint64_t *slot;
};

/* Nodes allocated at once. */
struct iommufd__dma_slab;

/* Nodes of one kind: those that can be used, and how many have to wait. */
struct iommufd__dma_pool {
	struct iommufd__dma_node *usable;
	uint32_t usable_count, waiting_count;
};

enum { DMA_LEAF, DMA_INNER, DMA_KINDS };

struct iommufd__dma_limbo {
	struct iommufd__dma_node *node;
	uint64_t version; /* in which it lost its place */
	uint32_t kind;
};

struct iommufd__dma_side {
	_Alignas(DMA_LINE) _Atomic uint64_t version;
	_Atomic uintptr_t root; /* and in the low bits the tree's height */
	_Atomic(struct iommufd__dma_hints *) hints;
	_Atomic uint64_t page; /* of hints: size, and in the low bits, shift */

	_Alignas(DMA_LINE) struct iommufd__dma_pool pool[DMA_KINDS];
	uint32_t limbo_first, limbo_end;
	struct iommufd__dma_limbo limbo[DMA_LIMBO];
};

struct iommufd_dma_map {
	/* The first word is known to the public header. */
	_Atomic uint64_t removals;
	struct iommufd__dma_record nobody;

	struct iommufd__dma_side side[DMA_SIDES];

	_Alignas(DMA_LINE) pthread_mutex_t mutex;
	pthread_cond_t settled; /* a region has come to rest */
	struct iommufd_ioas *ioas;
	struct iommufd__dma_slab *slabs;
	struct iommufd__dma_chunk *chunks;
	struct iommufd__dma_record *free;
	uint32_t promised; /* changes of a tree that must not fail */
	uint32_t transit;  /* regions in the kernel's hands */
	uint64_t log_sum, log_squares; /* of the regions' lengths */
	uint64_t aligned; /* regions: to the power of two in their length */
	uint64_t changes; /* regions that came and went with this shift */
	struct iommufd_dma_map_info info;
};

/* What a call was asked, for the record of its failure. */
struct iommufd__dma_call {
	uint32_t ioas_id;
	uint32_t flags;
	uint32_t wait;
	uint64_t memory, length, iova;
};

/* dma_map.c: the typed error of a refusal; @call or NULL. */
int iommufd__dma_refused(uint32_t cause, int err,
			 const struct iommufd__dma_call *call);

/* dma_map.c: of memory that is no range: 0 or a typed error. */
int iommufd__dma_check_range(const struct iommufd__dma_call *call);

/* dma_map_memory.c: under the mutex, but for the reading of a record. */
void *iommufd__dma_memory_new(struct iommufd_dma_map *map, size_t size);
int iommufd__dma_reserve(struct iommufd_dma_map *map, uint32_t more,
			 uint32_t higher);
struct iommufd__dma_node *iommufd__dma_node_new(struct iommufd__dma_side *side,
						uint32_t kind);
void iommufd__dma_node_retire(struct iommufd__dma_side *side, uint32_t kind,
			      struct iommufd__dma_node *node);
void iommufd__dma_nodes_begin(struct iommufd__dma_side *side);
struct iommufd__dma_record *iommufd__dma_record_new(
	struct iommufd_dma_map *map);
void iommufd__dma_record_free(struct iommufd_dma_map *map,
			      struct iommufd__dma_record *record);
void iommufd__dma_memory_free(struct iommufd_dma_map *map);

/* dma_map_hints.c: under the mutex. */
int iommufd__dma_hints_new(struct iommufd_dma_map *map);
void iommufd__dma_hints_fit(struct iommufd_dma_map *map);
void iommufd__dma_hints_add(struct iommufd_dma_map *map,
			    const struct iommufd__dma_record *record);
void iommufd__dma_hints_drop(struct iommufd_dma_map *map,
			     const struct iommufd__dma_record *record);

/*
 * dma_map_tree.c: under the mutex. The last key that is not above @key, and its
 * record, or NULL for none; the first that is not below it.
 */
void iommufd__dma_tree_insert(struct iommufd__dma_side *side, uint64_t key,
			      struct iommufd__dma_record *record);
void iommufd__dma_tree_remove(struct iommufd__dma_side *side, uint64_t key);
struct iommufd__dma_record *iommufd__dma_tree_floor(
	const struct iommufd__dma_side *side, uint64_t key);
struct iommufd__dma_record *iommufd__dma_tree_ceiling(
	const struct iommufd__dma_side *side, uint64_t key);

/* A region as a reader found it, and where in it the byte is that it looked for. */
struct iommufd__dma_region {
	uint64_t start[DMA_SIDES];
	uint64_t length, offset;
};

/* dma_map_find.c: for readers. 1 or 0. */
int iommufd__dma_cursor_find(struct iommufd_dma_cursor *cursor,
			     unsigned int which, uint64_t key);

static inline void iommufd__dma_fence(memory_order order)
{
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
/* The sanitizer does not follow fences; it need not, where all is atomic. */
#pragma GCC diagnostic ignored "-Wtsan"
#endif
	atomic_thread_fence(order);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
}

static inline uint64_t iommufd__dma_get(const _Atomic uint64_t *word)
{
	return atomic_load_explicit(word, memory_order_relaxed);
}

static inline void iommufd__dma_set(_Atomic uint64_t *word, uint64_t to)
{
	atomic_store_explicit(word, to, memory_order_relaxed);
	IOMMUFD__DMA_STORED();
}

/* With at least DMA_SHIFT_MIN, or the size would be mixed up with the shift. */
static inline uint64_t iommufd__dma_page_of(uint32_t shift)
{
	return UINT64_C(1) << shift % DMA_LEAVES | shift;
}

/* Acquire: who sees it does not see what the slots had before. */
static inline uint64_t iommufd__dma_page(const struct iommufd__dma_side *side)
{
	return atomic_load_explicit(&side->page, memory_order_acquire);
}

static inline uint64_t iommufd__dma_size(uint64_t page)
{
	return page & ~(uint64_t)(2 * DMA_LEAVES - 1);
}

static inline uint32_t iommufd__dma_shift(const struct iommufd__dma_side *side)
{
	return iommufd__dma_page(side) % (2 * DMA_LEAVES);
}

/*
 * Release: who sees that a removal, or what counts as one, goes on has seen the
 * ones before.
 */
static inline void iommufd__dma_removal_begin(struct iommufd_dma_map *map)
{
	atomic_store_explicit(&map->removals,
			      iommufd__dma_get(&map->removals) + 1,
			      memory_order_release);
	IOMMUFD__DMA_STORED();
	iommufd__dma_fence(memory_order_release);
}

static inline void iommufd__dma_removal_end(struct iommufd_dma_map *map)
{
	atomic_store_explicit(&map->removals,
			      iommufd__dma_get(&map->removals) + 1,
			      memory_order_release);
	IOMMUFD__DMA_STORED();
}

static inline struct iommufd__dma_hints *iommufd__dma_hints(
	const struct iommufd__dma_side *side)
{
	return atomic_load_explicit(&side->hints, memory_order_acquire);
}

/*
 * Close to each other for a row of pages; what repeats with the table's size is
 * mixed in. Of pages with one slot no two are the same above the mask: so much of
 * a page has to be in a hint.
 */
static inline _Atomic uint64_t *iommufd__dma_slot(
	struct iommufd__dma_hints *hints, uint64_t page)
{
	return &hints->slot[(page ^ page >> DMA_BITS) & hints->mask];
}

static inline uint64_t iommufd__dma_hint(const _Atomic uint64_t *slot)
{
	return atomic_load_explicit(slot, memory_order_acquire);
}

/* Release: who reads it must also see the memory that it is about. */
static inline void iommufd__dma_hint_set(_Atomic uint64_t *slot, uint64_t hint)
{
	atomic_store_explicit(slot, hint, memory_order_release);
	IOMMUFD__DMA_STORED();
}

static inline int iommufd__dma_is_hinted(uint64_t start, uint64_t length,
					 uint32_t shift)
{
	return ((start + length - 1) >> shift) - (start >> shift) < DMA_HINTED;
}

static inline unsigned int iommufd__dma_reaches(const _Atomic uint64_t *first,
						uint64_t key)
{
	return key >= iommufd__dma_get(first);
}

/*
 * The last key that is not above @key, or the first one if all are, without a
 * branch: first in which quarter, then in it. A key that changes meanwhile counts
 * as one or the other.
 */
static inline unsigned int iommufd__dma_last(
	const struct iommufd__dma_node *node, uint64_t key)
{
	const _Atomic uint64_t *k = node->key;
	unsigned int before;

	_Static_assert(DMA_WIDTH == 16, "four quarters of four keys");
	before = 4 * (iommufd__dma_reaches(&k[4], key) +
		      iommufd__dma_reaches(&k[8], key) +
		      iommufd__dma_reaches(&k[12], key));
	k += before;
	return before + (iommufd__dma_reaches(&k[1], key) +
			 iommufd__dma_reaches(&k[2], key) +
			 iommufd__dma_reaches(&k[3], key));
}

/* The number of keys that are not above @key. */
static inline unsigned int iommufd__dma_rank(
	const struct iommufd__dma_node *node, uint64_t key)
{
	return iommufd__dma_last(node, key) +
	       iommufd__dma_reaches(&node->key[0], key);
}

static inline struct iommufd__dma_node *iommufd__dma_root(uintptr_t word)
{
	return (struct iommufd__dma_node *)(word & ~(uintptr_t)(DMA_LINE - 1));
}

static inline unsigned int iommufd__dma_height(uintptr_t word)
{
	return word & (DMA_LINE - 1);
}

#endif /* LIBIOMMUFD_UTIL_DMA_MAP_PRIVATE_H */
