/* SPDX-License-Identifier: MIT */
/* What the tests of dirty tracking share. */
#ifndef TESTS_DIRTY_H
#define TESTS_DIRTY_H

#include "fixture.h"

#define DIRTY_WORDS  1024 /* 128 MiB in pages of 2048 bytes */
#define DIRTY_LENGTH (16 * PAGE)

/*
 * The fixture's device sits on an address space of its own. The other one has
 * DIRTY_LENGTH bytes of memory at MOCK_FIRST in pages of one size, so that bits
 * are exact, and a page table whose tracking is on.
 */
struct dirty_base {
	struct fixture f;
	struct iommufd_ioas *ioas;
	struct iommufd_hwpt *hwpt;
	char *memory;
	uint64_t bits[DIRTY_WORDS];
};

extern struct dirty_base tracked;

void dirty_setup(void);
void dirty_end(void);

struct iommufd_hwpt *dirty_paging(uint32_t flags);
void dirty_track(struct iommufd_hwpt *hwpt);

/* The device's writes: to all of a range, or to every page of the mock (of 2048
 * bytes) that begins at a multiple of @stride. */
void dirty_mark(struct iommufd_hwpt *hwpt, uint64_t iova, uint64_t length);
void dirty_mark_every(uint64_t stride, uint64_t length);

/* A query in pages of 4096 bytes, with room in tracked.bits; asked of tracked.hwpt. */
struct iommufd_hwpt_get_dirty_bitmap_opts dirty_opts(uint64_t iova,
						     uint64_t length);
int dirty_query(const struct iommufd_hwpt_get_dirty_bitmap_opts *opts);

/* The first word of its answer, into an empty bitmap. */
uint64_t dirty_get(struct iommufd_hwpt *hwpt, uint64_t iova, uint64_t length,
		   uint32_t flags);

#endif /* TESTS_DIRTY_H */
