/* SPDX-License-Identifier: MIT */
#include "iova.h"

struct iommufd_iova_space *iova_space;

const struct iommufd_iova_range iova_two[2] = {
	{ 8 * GIB, 9 * GIB - 1 },
	{ MIB, GIB - 1 },
};

struct iommufd_iova_limits iova_limits(const struct iommufd_iova_range *at,
				       uint32_t count)
{
	return (struct iommufd_iova_limits){
		.size = sizeof(struct iommufd_iova_limits),
		.granule = PAGE,
		.ranges = at,
		.num_ranges = count,
	};
}

void iova_setup(void)
{
	const struct iommufd_iova_limits l = iova_limits(iova_two, 2);

	OK(iommufd_iova_new(NULL, &l, &iova_space));
}

void iova_teardown(void)
{
	iommufd_iova_release(iova_space);
}

uint64_t iova_take(uint64_t length, uint64_t alignment, uint64_t first,
		   uint64_t last, uint32_t flags)
{
	const struct iommufd_iova_alloc_opts opts = {
		.size = sizeof(opts),
		.flags = flags,
		.alignment = alignment,
		.first = first,
		.last = last,
	};
	uint64_t iova = 7;

	OK(iommufd_iova_alloc(iova_space, length, &opts, &iova));
	return iova;
}

int iova_put(uint64_t start, uint64_t length)
{
	const struct iommufd_extent range = extent(start, length);

	return iommufd_iova_free(iova_space, &range);
}

int iova_reserve(uint64_t start, uint64_t length)
{
	const struct iommufd_extent range = extent(start, length);

	return iommufd_iova_reserve(iova_space, &range);
}

struct iommufd_iova_info iova_info(void)
{
	struct iommufd_iova_info i = { .size = sizeof(i) };

	OK(iommufd_iova_get_info(iova_space, &i));
	return i;
}
