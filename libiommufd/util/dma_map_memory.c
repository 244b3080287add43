/* SPDX-License-Identifier: MIT */
/*
 * The memory of a DMA map: nodes, records, hints. All of it lives as long as the
 * map, because readers may look at any of it; dma_map.h says when it is used
 * anew.
 */
#include "dma_map.h"

#include <stdlib.h>
#include <string.h>

/* Nodes allocated at once. */
#ifndef SLAB_NODES
#define SLAB_NODES 32
#endif

struct iommufd__dma_slab {
	struct iommufd__dma_slab *next;
	_Alignas(DMA_LINE) struct iommufd__dma_node node[SLAB_NODES];
};

static uint32_t height_of(const struct iommufd__dma_side *side)
{
	return iommufd__dma_height(
		atomic_load_explicit(&side->root, memory_order_relaxed));
}

/* What one change of a tree can take at most: two of each level and a root. */
static uint32_t change_takes(uint32_t height, uint32_t kind)
{
	return kind == DMA_LEAF ? 2 : 2 * height + 1;
}

/* In cache lines of its own, zeroed. */
void *iommufd__dma_memory_new(struct iommufd_dma_map *map, size_t size)
{
	void *memory = aligned_alloc(DMA_LINE, (size + DMA_LINE - 1) &
						       ~(size_t)(DMA_LINE - 1));

	if (!memory)
		return NULL;
	memset(memory, 0, size);
	map->info.memory += size;
	return memory;
}

/* A usable node is linked by its first key, which no reader trusts any more. */
static void make_usable(struct iommufd__dma_pool *pool,
			struct iommufd__dma_node *node)
{
	atomic_store_explicit(&node->key[0], (uintptr_t)pool->usable,
			      memory_order_relaxed);
	pool->usable = node;
	pool->usable_count++;
}

static int slab_new(struct iommufd_dma_map *map, struct iommufd__dma_pool *pool,
		    uint32_t kind)
{
	struct iommufd__dma_slab *slab =
		iommufd__dma_memory_new(map, sizeof(*slab));

	if (!slab)
		return 0;
	slab->next = map->slabs;
	map->slabs = slab;
	for (size_t i = 0; i < SLAB_NODES; i++) {
		for (size_t j = 0; kind == DMA_LEAF && j < DMA_WIDTH; j++)
			atomic_store_explicit(&slab->node[i].at[j],
					      &map->nobody,
					      memory_order_relaxed);
		make_usable(pool, &slab->node[i]);
	}
	return 1;
}

/*
 * Have nodes for all promised changes and @more, whatever waits: a node waits
 * for DMA_GRACE changes. The trees may be @higher by then. 0 when there is no
 * memory.
 */
int iommufd__dma_reserve(struct iommufd_dma_map *map, uint32_t more,
			 uint32_t higher)
{
	const uint32_t changes = DMA_GRACE + map->promised + more;

	for (unsigned int i = 0; i < DMA_SIDES * DMA_KINDS; i++) {
		struct iommufd__dma_side *side = &map->side[i / DMA_KINDS];
		struct iommufd__dma_pool *pool = &side->pool[i % DMA_KINDS];
		uint32_t height = height_of(side);
		uint32_t want =
			changes * change_takes(height + higher, i % DMA_KINDS);

		if (height == DMA_HEIGHT)
			return 0;
		while (pool->usable_count + pool->waiting_count < want)
			if (!slab_new(map, pool, i % DMA_KINDS))
				return 0;
	}
	return 1;
}

/* A change of a tree begins: what has waited long enough may be written to. */
void iommufd__dma_nodes_begin(struct iommufd__dma_side *side)
{
	uint64_t version =
		atomic_load_explicit(&side->version, memory_order_relaxed) + 1;

	atomic_store_explicit(&side->version, version, memory_order_release);
	iommufd__dma_fence(memory_order_release);
	while (side->limbo_first != side->limbo_end) {
		struct iommufd__dma_limbo *l =
			&side->limbo[side->limbo_first % DMA_LIMBO];

		if (version - l->version < DMA_GRACE)
			break;
		side->pool[l->kind].waiting_count--;
		make_usable(&side->pool[l->kind], l->node);
		side->limbo_first++;
	}
}

struct iommufd__dma_node *iommufd__dma_node_new(struct iommufd__dma_side *side,
						uint32_t kind)
{
	struct iommufd__dma_pool *pool = &side->pool[kind];
	struct iommufd__dma_node *node = pool->usable;

	pool->usable = (void *)(uintptr_t)atomic_load_explicit(
		&node->key[0], memory_order_relaxed);
	pool->usable_count--;
	return node;
}

/* A change retires two nodes of each level at most: there is always room. */
void iommufd__dma_node_retire(struct iommufd__dma_side *side, uint32_t kind,
			      struct iommufd__dma_node *node)
{
	side->limbo[side->limbo_end++ % DMA_LIMBO] =
		(struct iommufd__dma_limbo){
			.node = node,
			.version = atomic_load_explicit(&side->version,
							memory_order_relaxed),
			.kind = kind,
		};
	side->pool[kind].waiting_count++;
}

static int chunk_new(struct iommufd_dma_map *map)
{
	struct iommufd__dma_chunk *chunk =
		iommufd__dma_memory_new(map, sizeof(*chunk));

	if (!chunk)
		return 0;
	chunk->next = map->chunks;
	map->chunks = chunk;
	/* So that they are used in ascending order. */
	for (uint32_t i = DMA_CHUNK; i-- > 0;)
		iommufd__dma_record_free(map, &chunk->record[i]);
	return 1;
}

/* NULL when there is no memory. */
struct iommufd__dma_record *iommufd__dma_record_new(struct iommufd_dma_map *map)
{
	struct iommufd__dma_record *record;

	if (!map->free && !chunk_new(map))
		return NULL;
	record = map->free;
	map->free = (void *)(uintptr_t)iommufd__dma_get(
		&record->start[DMA_ADDRESS]);
	return record;
}

/* One that has lived: after the count of its removal. */
void iommufd__dma_record_free(struct iommufd_dma_map *map,
			      struct iommufd__dma_record *record)
{
	iommufd__dma_set(&record->start[DMA_ADDRESS], (uintptr_t)map->free);
	record->state = DMA_FREE;
	map->free = record;
}

void iommufd__dma_memory_free(struct iommufd_dma_map *map)
{
	for (unsigned int i = 0; i < DMA_SIDES; i++) {
		struct iommufd__dma_hints *hints = atomic_load_explicit(
			&map->side[i].hints, memory_order_relaxed);

		while (hints) {
			struct iommufd__dma_hints *older = hints->older;

			free(hints);
			hints = older;
		}
	}
	while (map->slabs) {
		struct iommufd__dma_slab *next = map->slabs->next;

		free(map->slabs);
		map->slabs = next;
	}
	while (map->chunks) {
		struct iommufd__dma_chunk *next = map->chunks->next;

		free(map->chunks);
		map->chunks = next;
	}
}
