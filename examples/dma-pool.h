/* SPDX-License-Identifier: MIT */
/* What the parts of dma-pool share. */
#ifndef EXAMPLES_DMA_POOL_H
#define EXAMPLES_DMA_POOL_H

#include <stdint.h>

#include <iommufd/util/util.h>

/* --- dma-pool.c ------------------------------------------------------------- */

/* Ends the program when a call failed, and says why. */
void check(const char *what, int ret);
void die(const char *why);

/* --- dma-pool-memory.c ------------------------------------------------------ */

#define CHUNK	   (4 << 20) /* bytes that the pool grows by */
#define CHUNKS_MAX 65

/*
 * Memory for DMA, in chunks of huge pages that are mapped once. What is taken
 * from it lies somewhere in there, and is for the device to reach.
 */
struct pool {
	struct iommufd_dma_map *map;	  /* which memory is where */
	struct iommufd_iova_space *iovas; /* where there is room for more */
	struct iommufd_dma_memory chunks[CHUNKS_MAX];
	uint64_t chunk_iovas[CHUNKS_MAX];
	uint32_t count;
	uint32_t small; /* chunks for which there were no huge pages */
	uint64_t used;	/* bytes of the last chunk */
};

void pool_begin(struct pool *pool, struct iommufd_ioas *ioas);
/* A power of two, up to CHUNK; up to 2 MiB it is aligned to its size for the
 * device, too. */
void *pool_take(struct pool *pool, uint64_t size);
void pool_end(struct pool *pool);

#endif /* EXAMPLES_DMA_POOL_H */
