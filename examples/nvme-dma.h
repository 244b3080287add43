/* SPDX-License-Identifier: MIT */
/* What the parts of nvme-dma share. */
#ifndef EXAMPLES_NVME_DMA_H
#define EXAMPLES_NVME_DMA_H

#include <stdint.h>

#include <iommufd/iommufd.h>
#include <iommufd/util/util.h>

#include "nvme-dma-driver.h"

/* An address space, and the page table that was made of it. */
struct space {
	struct iommufd_ioas *ioas;
	struct iommufd_hwpt *hwpt;
};

struct setup {
	struct iommufd_node_info node;
	struct iommufd_ctx *ctx;
	struct iommufd_device *device;
	struct space space[2];
	unsigned int active; /* which of the two the device uses */
	struct dma_memory queues;
	struct dma_memory buffers;
	struct nvme nvme;

	/* What is read, and what it is compared with. */
	uint8_t *expected;
	uint64_t span;	/* bytes from the start of the disk */
	int known;	/* `expected` holds them; else they are being learnt */
	uint8_t poison; /* what the next buffer holds before its read */
	uint64_t bytes; /* read so far */
	uint64_t wrong;
	uint64_t lost;
};

/* --- nvme-dma.c ----------------------------------------------------------- */

/* Says what failed, a device, a file or an action, and why. -1. */
int complain(struct setup *setup, const char *what, int ret);

/* --- nvme-dma-setup.c ----------------------------------------------------- */

/* From the PCI address to a running controller, and back. 0 or -1. */
int setup_device(struct setup *setup, const char *address);
int setup_spaces(struct setup *setup);
int setup_controller(struct setup *setup);
void setup_end(struct setup *setup);

/* Puts the device on the other address space. 0 or -1. */
int setup_switch(struct setup *setup);

/* --- nvme-dma-read.c ------------------------------------------------------ */

/* Prepares to compare: with an image of the disk, or NULL. 0 or -1. */
int read_prepare(struct setup *setup, const char *image, uint64_t bytes);

/* Reads a part of the disk by DMA and checks every byte. 0 or -1. */
int read_range(struct setup *setup, uint64_t start, uint64_t length);

/* --- nvme-dma-mistakes.c -------------------------------------------------- */

/* Makes the usual mistakes. Returns how many went otherwise than expected. */
int make_mistakes(struct setup *setup);

#endif
