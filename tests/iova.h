/* SPDX-License-Identifier: MIT */
/* What the tests of the IOVA allocator share that ask no kernel. */
#ifndef TESTS_IOVA_H
#define TESTS_IOVA_H

#include <iommufd/util/util.h>

#include "fixture.h"
#include "harness.h"

#define GIB (UINT64_C(1) << 30)

/* An allocator over two ranges: 8 to 9 GiB, and 1 MiB to 1 GiB. */
extern struct iommufd_iova_space *iova_space;
extern const struct iommufd_iova_range iova_two[2];

void iova_setup(void);
void iova_teardown(void);

/* With these ranges, in pages. */
struct iommufd_iova_limits iova_limits(const struct iommufd_iova_range *at,
				       uint32_t count);

/* An allocation that must succeed. */
uint64_t iova_take(uint64_t length, uint64_t alignment, uint64_t first,
		   uint64_t last, uint32_t flags);
int iova_put(uint64_t start, uint64_t length);
int iova_reserve(uint64_t start, uint64_t length);
struct iommufd_iova_info iova_info(void);

#endif /* TESTS_IOVA_H */
