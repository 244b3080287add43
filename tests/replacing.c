/* SPDX-License-Identifier: MIT */
#include "harness.h"
#include "replacing.h"

struct fixture f;
uint32_t old, new;

uint32_t new_table(struct iommufd_device *device, uint32_t parent,
		   uint32_t flags)
{
	struct iommufd_hwpt *hwpt = NULL;
	uint32_t id;

	OK(iommufd_hwpt_alloc(device, parent, HWPT_FLAGS(flags), &hwpt));
	id = iommufd_hwpt_id(hwpt);
	iommufd_hwpt_release(hwpt);
	return id;
}

struct iommufd_replacement replacement(struct iommufd_device *device,
				       uint32_t from, uint32_t to)
{
	return (struct iommufd_replacement){
		.size = sizeof(struct iommufd_replacement),
		.page_table = to,
		.old_page_table = from,
		.device = device,
		.ret = 1,
		.state = 77,
		.in_force = 77,
		.restore_ret = 1,
		.windows_lost = 77,
		.scratch_page_table = 77,
		.scratch_ioas = 77,
	};
}

void check_result(const struct iommufd_replacement *r, int ret, uint32_t state,
		  uint32_t in_force)
{
	ck_assert_int_eq(r->ret, ret);
	ck_assert_uint_eq(r->state, state);
	ck_assert_uint_eq(r->in_force, in_force);
	ck_assert_uint_le(r->windows_lost, 1);
	ck_assert_uint_eq(r->scratch_page_table, 0);
	ck_assert_uint_eq(r->scratch_ioas, 0);
}

/* Which of the two the device is attached to: that one cannot be destroyed. */
void check_attached(uint32_t attached, uint32_t other)
{
	FAILS(iommufd_ctx_destroy_id(f.ctx, attached), IN_USE, EBUSY);
	OK(iommufd_ctx_destroy_id(f.ctx, other));
}
