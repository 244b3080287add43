/* SPDX-License-Identifier: MIT */
/* What the parts of hand-over share. */
#ifndef EXAMPLES_HAND_OVER_H
#define EXAMPLES_HAND_OVER_H

#include <stdint.h>

#include <iommufd/util/util.h>

#include "nvme-dma-driver.h"

/* A read that is on its way: where on the disk. */
struct part {
	uint64_t start;
	uint32_t length; /* 0 for none */
};

/* What has to outlive the program, in a memory file; the disk writes to it. */
struct memory {
	_Alignas(65536) uint8_t queues[NVME_QUEUE_MEMORY];
	uint8_t buffers[NVME_BUFFER_MEMORY];
	/* The driver's own notes, and how far the reading is. */
	struct nvme nvme;
	struct part parts[NVME_DEPTH];
	uint64_t span; /* bytes of the disk that are to be read */
	uint64_t next; /* the first that have not been asked for */
	uint64_t read, wrong;
};

/* All that the program has. */
struct program {
	struct iommufd_ctx *ctx;
	struct iommufd_ioas *ioas;
	struct iommufd_hwpt *hwpt;
	struct iommufd_device *device;
	int memory_fd;
	struct memory *memory;
	uint64_t iova; /* of the memory */
	int image;     /* of the disk, to compare with; or -1 */
};

/* --- hand-over.c ---------------------------------------------------------- */

/* Ends the program when a call failed, and says why. */
void check(const char *what, int ret);
void die(const char *why);

/* --- hand-over-setup.c ---------------------------------------------------- */

/* From nothing to a disk that is ready, and back. */
void setup_begin(struct program *program, const char *address);
void setup_end(struct program *program);
/* The memory file, as memory. */
void setup_memory(struct program *program);

/* --- hand-over-read.c ----------------------------------------------------- */

/* Reads until so many bytes have been read; then nothing is on its way. */
void read_until(struct program *program, uint64_t bytes);
/* Starts as many reads as there may be at a time, and returns their number. */
unsigned int read_start(struct program *program);
/* Takes one read that was started before. */
void read_take(struct program *program);

#endif /* EXAMPLES_HAND_OVER_H */
