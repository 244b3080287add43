/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "dirty.h"
#include "harness.h"

struct dirty_base tracked;

static uint64_t marks[DIRTY_WORDS];

struct iommufd_hwpt *dirty_paging(uint32_t flags)
{
	struct iommufd_hwpt *hwpt = NULL;

	OK(iommufd_hwpt_alloc(tracked.f.device, iommufd_ioas_id(tracked.ioas),
			      HWPT_FLAGS(flags), &hwpt));
	return hwpt;
}

void dirty_track(struct iommufd_hwpt *hwpt)
{
	OK(iommufd_hwpt_set_dirty_tracking(hwpt,
					   IOMMUFD_DIRTY_TRACKING_ENABLE));
}

void dirty_setup(void)
{
	fixture_device(&tracked.f);
	OK(iommufd_ioas_alloc(tracked.f.ctx, 0, &tracked.ioas));
	OK(iommufd_ioas_huge_pages_set(tracked.ioas, 0));
	tracked.hwpt = dirty_paging(IOMMUFD_HWPT_DIRTY_TRACKING);
	tracked.memory = harness_memory(DIRTY_LENGTH);
	map_at(tracked.ioas, tracked.memory, DIRTY_LENGTH, MOCK_FIRST);
	dirty_track(tracked.hwpt);
}

void dirty_end(void)
{
	OK(iommufd_hwpt_destroy(tracked.hwpt));
	OK(iommufd_ioas_destroy(tracked.ioas));
	fixture_end(&tracked.f);
}

/* In the mock's own unit, which is what every kernel takes. */
static void mark(struct iommufd_hwpt *hwpt, uint64_t iova, uint64_t length)
{
	const struct iommufd_mock_dirty pages = { .iova = iova,
						  .length = length,
						  .page_size = MOCK_PAGE,
						  .bitmap = marks };
	uint64_t marked = 0;

	OK(iommufd_mock_set_dirty(tracked.f.ctx, iommufd_hwpt_id(hwpt), &pages,
				  &marked));
	ck_assert_uint_ne(marked, 0);
}

void dirty_mark(struct iommufd_hwpt *hwpt, uint64_t iova, uint64_t length)
{
	memset(marks, 0xff, sizeof(marks));
	mark(hwpt, iova, length);
}

void dirty_mark_every(uint64_t stride, uint64_t length)
{
	memset(marks, 0, sizeof(marks));
	for (uint64_t at = 0; at < length; at += stride)
		marks[at / MOCK_PAGE / 64] |= UINT64_C(1)
					      << at / MOCK_PAGE % 64;
	mark(tracked.hwpt, MOCK_FIRST, length);
}

struct iommufd_hwpt_get_dirty_bitmap_opts dirty_opts(uint64_t iova,
						     uint64_t length)
{
	return (struct iommufd_hwpt_get_dirty_bitmap_opts){
		.size = sizeof(struct iommufd_hwpt_get_dirty_bitmap_opts),
		.iova = iova,
		.length = length,
		.page_size = PAGE,
		.bitmap_length = sizeof(tracked.bits),
	};
}

int dirty_query(const struct iommufd_hwpt_get_dirty_bitmap_opts *opts)
{
	return iommufd_hwpt_get_dirty_bitmap(tracked.hwpt, opts, tracked.bits);
}

uint64_t dirty_get(struct iommufd_hwpt *hwpt, uint64_t iova, uint64_t length,
		   uint32_t flags)
{
	struct iommufd_hwpt_get_dirty_bitmap_opts opts =
		dirty_opts(iova, length);

	opts.flags = flags;
	memset(tracked.bits, 0, sizeof(tracked.bits));
	OK(iommufd_hwpt_get_dirty_bitmap(hwpt, &opts, tracked.bits));
	return tracked.bits[0];
}
