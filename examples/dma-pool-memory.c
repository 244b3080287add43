/* SPDX-License-Identifier: MIT */
/* The pool: huge pages, mapped chunk by chunk when they are needed. */
#include <stddef.h>
#include <sys/mman.h>

#include "dma-pool.h"

#define HUGE_PAGE (2 << 20)

/* Of this size, whatever the machine's default is: its log2 in the high bits. */
#define MAP_THEM (MAP_HUGETLB | 21 << 26)

void pool_begin(struct pool *pool, struct iommufd_ioas *ioas)
{
	*pool = (struct pool){ 0 };
	check("IOVA allocator", iommufd_iova_new(ioas, NULL, &pool->iovas));
	check("DMA map", iommufd_dma_map_new(ioas, 0, &pool->map));
}

/* Huge pages if some are left, else ordinary ones, which do as well. */
static void *new_chunk(struct pool *pool)
{
	const int access = PROT_READ | PROT_WRITE;
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *memory = mmap(NULL, CHUNK, access, flags | MAP_THEM, -1, 0);

	if (memory == MAP_FAILED) {
		pool->small++;
		memory = mmap(NULL, CHUNK, access, flags, -1, 0);
	}
	if (memory == MAP_FAILED)
		die("no memory");
	return memory;
}

/*
 * The IOVA is one of the allocator's, aligned to huge pages, so that the IOMMU
 * can map each of them by one entry.
 */
static void grow(struct pool *pool)
{
	const uint32_t access = IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE |
				IOMMUFD_MAP_FIXED_IOVA;
	const struct iommufd_iova_alloc_opts opts = { .size = sizeof(opts),
						      .alignment = HUGE_PAGE };
	uint64_t *iova = &pool->chunk_iovas[pool->count];
	void *memory;

	if (pool->count == CHUNKS_MAX)
		die("the pool is at its end");
	memory = new_chunk(pool);
	check("IOVA", iommufd_iova_alloc(pool->iovas, CHUNK, &opts, iova));
	check("register", iommufd_dma_map_register(pool->map, memory, CHUNK,
						   access, NULL, iova));
	pool->chunks[pool->count].start = memory;
	pool->chunks[pool->count].length = CHUNK;
	pool->count++;
	pool->used = 0;
}

void *pool_take(struct pool *pool, uint64_t size)
{
	uint64_t at = (pool->used + size - 1) & ~(size - 1);

	if (!pool->count || at + size > CHUNK) {
		grow(pool);
		at = 0;
	}
	pool->used = at + size;
	return (char *)pool->chunks[pool->count - 1].start + at;
}

void pool_end(struct pool *pool)
{
	check("unregister", iommufd_dma_map_clear(pool->map));
	check("end the DMA map", iommufd_dma_map_destroy(pool->map));
	while (pool->count--) {
		const struct iommufd_extent iovas = {
			pool->chunk_iovas[pool->count], CHUNK
		};

		check("free an IOVA", iommufd_iova_free(pool->iovas, &iovas));
		if (munmap(pool->chunks[pool->count].start, CHUNK))
			die("a chunk cannot be given back");
	}
	iommufd_iova_release(pool->iovas);
}
