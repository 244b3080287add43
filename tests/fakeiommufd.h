/* SPDX-License-Identifier: MIT */
/*
 * A kernel below the library, for IOMMUs that no test machine has: it writes down
 * what it is asked, keeps books of objects and attachments, refuses what the
 * kernel refuses of them, and fails where it is told to. A program that uses it has it instead of the real one.
 */
#ifndef TESTS_FAKEIOMMUFD_H
#define TESTS_FAKEIOMMUFD_H

#include <stddef.h>
#include <stdint.h>

#include <iommufd/iommufd.h>
#include "uapi.h"

#define FAKE_CALLS    256
#define FAKE_OBJECTS  64
#define FAKE_ATTACHED 16
#define FAKE_FAILURES 4
#define FAKE_DEVICES  8
#define FAKE_DEVICE   7 /* id of the device */

/* One request: its number, its struct, and the typed data of a new object. */
struct fake_call {
	uint32_t nr;
	_Alignas(8) unsigned char arg[64];
	_Alignas(8) unsigned char data[32];
	uint32_t data_length;
};

struct fake_object {
	uint32_t nr;	/* of the request that made it; 0 when it is gone */
	uint32_t on[2]; /* ids of objects that are busy as long as it lives */
	int fd; /* of a queue, which keeps it busy while open; else -1 */
	uint32_t flags;	  /* of a page table */
	int translates;	  /* a page table with an SMMUv3's entry to translate */
	uint32_t device;  /* of a vDevice: the device's id */
	uint64_t virt_id; /* of a vDevice */
};

struct fake {
	/* What the hardware is. */
	uint32_t hw_type;
	unsigned char hw_data[40];
	uint32_t hw_length;
	uint64_t capabilities;
	uint8_t pasid_bits;
	/* Whether a page table with these flags can be made; NULL for any. */
	int (*flags_ok)(uint32_t flags);
	/* Whether an invalidation is a good one; NULL for any. */
	int (*entry_ok)(const void *entry);
	/* Entries are counted when so many have been collected; 0 for one. */
	uint32_t batch;

	/* Requests that fail: the at-th from now on with this number. */
	struct {
		uint32_t nr;
		uint32_t at;
		int err;
	} failures[FAKE_FAILURES];

	/* What there is. */
	struct fake_object objects[FAKE_OBJECTS];
	struct {
		int fd; /* of its file */
		uint32_t id;
	} devices[FAKE_DEVICES];
	struct {
		int fd; /* of the device's file */
		uint32_t pasid;
		uint32_t page_table;
	} attached[FAKE_ATTACHED];

	/* What was asked. */
	struct fake_call calls[FAKE_CALLS];
	uint32_t count;
	/* The invalidations that were handled, one after the other. */
	unsigned char *entries;
	uint32_t entry_length, entry_count;
};

extern struct fake fake;

/* All as at the beginning, and then a context, address space 1 and a device. */
void fake_begin(struct iommufd_ctx **ctx, struct iommufd_ioas **ioas,
		struct iommufd_device **device);

/* Nothing may be left but the address space; frees what the fake has. */
void fake_end(struct iommufd_ctx *ctx, struct iommufd_ioas *ioas,
	      struct iommufd_device *device);

/* Forget what was asked; what there is stays. */
void fake_forget(void);

/* The n-th request from now on with this number fails, the first being 1. */
void fake_fail(uint32_t nr, uint32_t n, int err);

/* Number of requests with this number, and the n-th of them. */
uint32_t fake_asked(uint32_t nr);
const struct fake_call *fake_call(uint32_t nr, uint32_t n);

/* Another device; to be closed like the first one. */
struct iommufd_device *fake_device(struct iommufd_ctx *ctx, uint32_t id);

/* Number of objects that there are. */
uint32_t fake_alive(void);

/* What a device is attached to, or a PASID of it that is not 0; 0 for nothing. */
uint32_t fake_attached(const struct iommufd_device *device, uint32_t pasid);

/* The struct of the n-th request with this number. */
#define FAKE_ARG(type, nr, n)                                                  \
	(*(const struct type *)(const void *)fake_call(nr, n)->arg)

/* What ioctl(2) does; see fakeiommufd_ioctl.h. */
int fake_ioctl(int fd, unsigned long request, void *arg);

#endif /* TESTS_FAKEIOMMUFD_H */
