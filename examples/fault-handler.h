/* SPDX-License-Identifier: MIT */
/* What the parts of fault-handler share. */
#ifndef EXAMPLES_FAULT_HANDLER_H
#define EXAMPLES_FAULT_HANDLER_H

#include <stdint.h>

#include <iommufd/iommufd.h>
#include <iommufd/util/util.h>

#define PAGE	   UINT64_C(4096)
#define PAGES	   64
#define WINDOW	   UINT64_C(0x1000000) /* IOVA of the first page */
#define WINDOW_END (WINDOW + PAGES * PAGE)

struct handler {
	struct iommufd_ctx *ctx;
	struct iommufd_ioas *ioas;
	struct iommufd_device *device;
	struct iommufd_fault_queue *queue;
	struct iommufd_hwpt *hwpt;
	unsigned char
		*memory; /* PAGES pages, which the device gets one by one */
	int end_fd;	 /* see fault-handler-device.c */

	/* Faults that were read: the beginning of a group is kept for later. */
	struct iommufd_hwpt_pgfault *faults;
	uint32_t room, kept;

	/* What came of them. */
	unsigned int mapped; /* pages */
	unsigned int served; /* groups whose access goes on */
	unsigned int refused;
	unsigned int late; /* groups that nobody waited for any more */
};

/* --- fault-handler.c ------------------------------------------------------ */

/* Says what failed and why; gives back @ret. */
int check(struct handler *h, const char *what, int ret);

/* --- fault-handler-device.c ----------------------------------------------- */

/*
 * Makes `device`, with the PCI address or, for NULL, one of the kernel's mock
 * driver; and `end_fd`, which is readable when device_event() is to be called.
 * 0 or a negative error.
 */
int device_new(struct handler *h, const char *address);

/* 0 to go on, 1 at the end, or a negative error. */
int device_event(struct handler *h);

/* Checks that the device finds what was mapped. 0 or a negative error. */
int device_verify(struct handler *h);

#endif
