/* SPDX-License-Identifier: MIT */
/*
 * A driver for QEMU's edu device, a small DMA engine with a buffer of its own.
 * It survives refused DMA, so it shows what an IOMMU lets through.
 */
#ifndef TESTS_EDU_H
#define TESTS_EDU_H

#include <stddef.h>
#include <stdint.h>

#include <iommufd/iommufd.h>

/* Its buffer; a transfer of all of it stops QEMU 7.2. */
#define EDU_BUFFER 4096
/* IOVAs have 28 bits. */
#define EDU_IOVA_MAX 0xfffffff

struct edu {
	struct iommufd_vfio *file;
	struct iommufd_device *device;
	volatile uint8_t *bar;
	size_t bar_length;
};

/* Find, open and bind the device with this PCI address; it can do DMA then. */
void edu_open(struct edu *edu, const char *address, struct iommufd_ctx *ctx);
void edu_close(struct edu *edu);

/* The same of a file that is bound already, of a device that may be at work. */
void edu_resume(struct edu *edu, struct iommufd_vfio *file);

/* One transfer between an IOVA and the device's buffer, less than all of it. */
void edu_read(struct edu *edu, uint64_t iova, size_t length);
void edu_write(struct edu *edu, uint64_t iova, size_t length);

/* The same without waiting, and the wait. */
void edu_read_begin(struct edu *edu, uint64_t iova, size_t length);
void edu_write_begin(struct edu *edu, uint64_t iova, size_t length);
void edu_wait(struct edu *edu);

/*
 * Whether DMA works both ways between the device and @memory, which is two pages
 * mapped at @iova: what the device reads in the first page it writes to the
 * second.
 */
int edu_works(struct edu *edu, uint64_t iova, void *memory);

#endif /* TESTS_EDU_H */
