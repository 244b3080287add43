/* SPDX-License-Identifier: MIT */
/* What the files of device memory share. */
#ifndef LIBIOMMUFD_UTIL_DEVICE_MEMORY_PRIVATE_H
#define LIBIOMMUFD_UTIL_DEVICE_MEMORY_PRIVATE_H

#include "internal.h"

/* How an area is to be mapped: not at all without flags, and at an IOVA of the
 * kernel's choice without the one for a fixed IOVA. */
struct iommufd__place {
	uint32_t flags;
	uint64_t iova;
};

struct iommufd__area {
	uint32_t bar;
	int fd;		 /* its dma-buf, our own */
	uint64_t start;	 /* in the dma-buf */
	uint64_t offset; /* in the BAR */
	uint64_t length;
	struct iommufd__place want;
	struct iommufd__place was; /* while it moves: to go back to */
	int held;		   /* the kernel has a mapping of it ... */
	uint64_t at;		   /* ... there */
	int old;		   /* one that a refresh could not take away */
	int ret;		   /* of the last attempt */
};

struct iommufd_device_memory {
	struct iommufd_ioas *ioas;
	struct iommufd__area *areas;
	uint32_t count;
};

/* device_memory.c: a failure of the helper itself, about a BAR. */
int iommufd__device_memory_refused(const struct iommufd_device_memory *memory,
				   uint32_t bar, uint32_t cause);

#endif /* LIBIOMMUFD_UTIL_DEVICE_MEMORY_PRIVATE_H */
