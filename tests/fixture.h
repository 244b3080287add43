/* SPDX-License-Identifier: MIT */
/*
 * What tests with the mock driver start from, and how they look at what a call
 * left behind.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <stdint.h>

#include <iommufd/iommufd.h>
#include "iommufd-mock.h"

#define PAGE	  UINT64_C(4096)
#define MIB	  UINT64_C(0x100000)
#define RW	  (IOMMUFD_MAP_READABLE | IOMMUFD_MAP_WRITEABLE)
#define FIXED	  (RW | IOMMUFD_MAP_FIXED_IOVA)
#define UNUSED_ID UINT32_C(0x7abcdef)

/* What a page table of the mock driver can map. */
#define MOCK_FIRST     UINT64_C(0x1000000)
#define MOCK_LAST      UINT64_C(0x7fffffff)
#define MOCK_PAGE      UINT64_C(2048)
#define MOCK_HUGE_LAST UINT64_C(0x3fffffffff) /* of the second kind */

/* Page table options with these flags and nothing else. */
#define HWPT_FLAGS(f)                                                          \
	(&(const struct iommufd_hwpt_alloc_opts){                              \
		.size = sizeof(struct iommufd_hwpt_alloc_opts),                \
		.flags = (f) })

/* A context, an address space, and perhaps a device on it. */
struct fixture {
	struct iommufd_ctx *ctx;
	struct iommufd_ioas *ioas;
	struct iommufd_device *device;
	uint32_t hwpt_id; /* the kernel's own page table of the device */
};

void fixture_ioas(struct fixture *f);
void fixture_device(struct fixture *f);
/* Everything must be gone then but what @f names. */
void fixture_end(struct fixture *f);

/* Map at a fixed IOVA, or unmap exactly that: both must succeed. */
void map_at(struct iommufd_ioas *ioas, void *memory, uint64_t length,
	    uint64_t iova);
void unmap_at(struct iommufd_ioas *ioas, uint64_t length, uint64_t iova);

/* The only range of an address space, and its alignment. */
void check_range(struct iommufd_ioas *ioas, uint64_t start, uint64_t last,
		 uint64_t alignment);

/* The id that the next object gets: the lowest one that is free. */
uint32_t next_id(struct iommufd_ctx *ctx);

/* Memory pinned or locked on this process's account, in bytes. */
uint64_t pinned(void);
uint64_t locked(void);

/* Number of open descriptors. */
unsigned int open_descriptors(void);

/* Set a limit, lose a capability (CAP_ numbers of linux/capability.h). */
void limit_locked_memory(uint64_t bytes);
void drop_capability(unsigned int capability);

/* Do something in a child, which must succeed. */
void in_child(void (*body)(void *), void *arg);

/* A part of a file or address space. */
struct iommufd_extent extent(uint64_t start, uint64_t length);

#endif /* TESTS_FIXTURE_H */
