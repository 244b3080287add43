/* SPDX-License-Identifier: MIT */
/*
 * A very small NVMe driver: one controller, its first namespace, one pair of
 * I/O queues, reads only, completions polled.
 *
 * It knows nothing of address spaces. It is given memory with an IOVA, and the
 * device file for the registers; everything else of iommufd is its caller's.
 */
#ifndef EXAMPLES_NVME_DMA_DRIVER_H
#define EXAMPLES_NVME_DMA_DRIVER_H

#include <stddef.h>
#include <stdint.h>

struct iommufd_extent;
struct iommufd_vfio;
struct nvme_registers;
struct nvme_command;
struct nvme_completion;

/* Reads in flight at a time, and the most that one of them transfers. */
#define NVME_DEPTH    8
#define NVME_TRANSFER (128 << 10)

/* What nvme_start() needs: queues and lists; and a buffer for each read. */
#define NVME_QUEUE_MEMORY  (64 << 10)
#define NVME_BUFFER_MEMORY (NVME_DEPTH * NVME_TRANSFER)

/* Memory that the controller reaches: here for us, at an IOVA for it. */
struct dma_memory {
	void *memory;
	uint64_t length;
	uint64_t iova;
};

struct nvme_queue {
	struct nvme_command *commands;
	const struct nvme_completion *completions;
	volatile uint32_t *command_doorbell;
	volatile uint32_t *completion_doorbell;
	uint16_t tail;	/* where the next command goes */
	uint16_t head;	/* where the next completion comes */
	uint16_t phase; /* which says that it has come */
};

struct nvme {
	void *bar;
	size_t bar_length;
	volatile struct nvme_registers *registers;
	struct dma_memory queues;
	struct dma_memory buffers;
	struct nvme_queue admin;
	struct nvme_queue io;
	uint64_t time_limit; /* nanoseconds to become ready */
	uint32_t namespace_id;
	uint32_t block_size;
	uint32_t transfer; /* bytes that one read may have */
	uint64_t blocks;
	char model[41];
	char serial[21];
	char trouble[128]; /* what went wrong, when a call returned -1 */
};

/*
 * Starts the controller of a bound and attached device. Who brings buffers of
 * its own to each read has no others: then `memory` is NULL. 0 or -1.
 */
int nvme_start(struct nvme *nvme, struct iommufd_vfio *file,
	       const struct dma_memory *queues,
	       const struct dma_memory *buffers);

/*
 * Goes on with a controller that another program has started, and that may be at
 * work: of what that one had in @nvme everything but the addresses in memory is
 * still right. 0 or -1.
 */
int nvme_resume(struct nvme *nvme, struct iommufd_vfio *file, void *queues,
		void *buffers);

/* Stops it: no DMA happens afterwards. May be called after any failure. */
void nvme_stop(struct nvme *nvme);

/* Has reads go to other buffers from now on. None may be in flight. */
void nvme_use_buffers(struct nvme *nvme, const struct dma_memory *buffers);

/* Starts a read into the buffer of a slot, 0 to NVME_DEPTH - 1. */
void nvme_read(struct nvme *nvme, uint16_t slot, uint64_t first_block,
	       uint32_t blocks);

/*
 * The same into pieces of memory, by their IOVAs: as many bytes as the blocks
 * have. All pieces but the first begin at a page of the controller, 4096 bytes,
 * all but the last end at one, and none reaches across one.
 */
void nvme_read_pieces(struct nvme *nvme, uint16_t slot, uint64_t first_block,
		      uint32_t blocks, const struct iommufd_extent *pieces,
		      uint32_t count);

/* Whether some read is complete. */
int nvme_is_ready(const struct nvme *nvme);

/* Waits until some read is complete and tells which. 0 or -1. */
int nvme_wait(struct nvme *nvme, uint16_t *slot);

/* The buffer of a slot. */
void *nvme_buffer(const struct nvme *nvme, uint16_t slot);

#endif
