/* SPDX-License-Identifier: MIT */
/* Replacing a page table so that a refusal does no harm. */
#include "replace.h"

#include <errno.h>
#include <stddef.h>

/* sizeof(struct iommufd_replacement) in 0.1.0: sixteen words and a pointer. */
#define REPLACEMENT_MIN (64 + sizeof(void *))

#define FLAGS ((uint32_t)(IOMMUFD_PASID_WIDTH_VALID | IOMMUFD_REPLACE_WINDOWS))

_Static_assert(sizeof(struct iommufd_replacement) >= REPLACEMENT_MIN, "grown");

static int is_id(uint32_t id)
{
	return id && id <= INT32_MAX;
}

/* 0 or the cause why this cannot even be tried. */
uint32_t iommufd__replace_check(const struct iommufd_replacement *r)
{
	struct iommufd_replacement known;
	uint32_t cause = r ? iommufd__util_opts_load(&known, sizeof(known), r,
						     REPLACEMENT_MIN)
			   : IOMMUFD_CAUSE_NULL_POINTER;

	if (cause)
		return cause;
	if (!r->device)
		return IOMMUFD_CAUSE_NULL_POINTER;
	if (r->reserved || r->reserved2)
		return IOMMUFD_CAUSE_OPTS_RESERVED;
	if (r->flags & ~FLAGS)
		return IOMMUFD_CAUSE_BAD_FLAGS;
	if (!is_id(r->page_table) || !is_id(r->old_page_table))
		return IOMMUFD_CAUSE_BAD_ID;
	return 0;
}

/*
 * Whether there is an object with the id of the new page table. Nothing is asked
 * for: that its type is none which takes invalidations is an answer, too.
 */
static int exists(const struct iommufd_replacement *r)
{
	struct iommufd_hwpt *hwpt;
	uint32_t none = 0;
	int ret;

	if (iommufd_hwpt_adopt(iommufd_device_ctx(r->device), r->page_table, 0,
			       &hwpt))
		return 1;
	ret = iommufd_hwpt_invalidate(hwpt, UINT32_MAX, NULL, 1, &none);
	iommufd_hwpt_release(hwpt);
	return !iommufd_is(ret, IOMMUFD_CAUSE_OBJECT);
}

/* Refusals that come before the driver is asked, and before windows move. */
static int came_early(const struct iommufd_replacement *r, int ret)
{
	switch (iommufd_errno(ret)) {
	case ENOENT: /* SMMUv3 says it for a missing vDevice */
		return !exists(r);
	case EADDRINUSE:
	case EBADF:
	case ENOTTY:
		return 1;
	default:
		return 0;
	}
}

/*
 * A driver that gets everything ready before it touches the device, so that its
 * old page table survives a refusal. Any other may have blocked the device
 * first: VT-d always does, AMD's driver detaches it. ENOENT and EBUSY are none of
 * those: no object, a missing vDevice, or VFIO during a reset.
 */
static int dma_goes_on(struct iommufd_device *device, int ret)
{
	struct iommufd_hw_info info = { .size = sizeof(info) };

	if (iommufd_errno(ret) == ENOENT || iommufd_errno(ret) == EBUSY)
		return 1;
	if (iommufd_device_get_hw_info(device, IOMMUFD_HW_INFO_DEFAULT, NULL, 0,
				       &info))
		return 0;
	return info.type == IOMMUFD_HW_INFO_ARM_SMMUV3;
}

static int attach(struct iommufd_replacement *r, uint32_t page_table)
{
	const struct iommufd_device_pasid_opts pasid = {
		.size = sizeof(pasid),
		.flags = r->flags & (uint32_t)IOMMUFD_PASID_WIDTH_VALID,
		.pasid = r->pasid,
		.max_pasid_log2 = r->max_pasid_log2,
	};

	if (r->pasid)
		return iommufd_device_attach_pasid(r->device, &pasid,
						   page_table, &r->in_force);
	return iommufd_device_attach(r->device, page_table, &r->in_force);
}

static int there_and_back(struct iommufd_replacement *r, uint32_t scratch)
{
	int ret = attach(r, scratch);

	if (!ret)
		ret = attach(r, r->old_page_table);
	if (ret)
		return ret;
	r->state = IOMMUFD_REPLACE_RESTORED;
	r->windows_lost = 0;
	return 0;
}

/* What cannot be destroyed is the caller's to destroy. */
static int end_scratch(struct iommufd_replacement *r, struct iommufd_ioas *ioas,
		       struct iommufd_hwpt *hwpt)
{
	int ret = iommufd_hwpt_destroy(hwpt);

	if (ret) {
		r->scratch_page_table = iommufd_hwpt_id(hwpt);
		iommufd_hwpt_release(hwpt);
	} else {
		ret = iommufd_ioas_destroy(ioas);
	}
	if (ret) {
		r->scratch_ioas = iommufd_ioas_id(ioas);
		iommufd_ioas_release(ioas);
	}
	return ret;
}

/*
 * Attaching the old page table does nothing while the kernel's books show it.
 * Another one in between makes the driver write it again, for every device of
 * the group. That other one is in an address space of its own: only so do the
 * reserved windows enter the old address space again, and an empty page table
 * is made at once.
 */
static int go_back(struct iommufd_replacement *r)
{
	const struct iommufd_hwpt_alloc_opts opts = {
		.size = sizeof(opts),
		.flags = r->old_flags & ~(uint32_t)IOMMUFD_HWPT_FAULT_ID_VALID,
	};
	struct iommufd_ioas *ioas;
	struct iommufd_hwpt *hwpt;
	int ret, ended;

	ret = iommufd_ioas_alloc(iommufd_device_ctx(r->device), 0, &ioas);
	if (ret)
		return ret;
	ret = iommufd_hwpt_alloc(r->device, iommufd_ioas_id(ioas), &opts,
				 &hwpt);
	if (ret) {
		(void)end_scratch(r, ioas, NULL);
		return ret;
	}
	ret = there_and_back(r, iommufd_hwpt_id(hwpt));
	/* Busy when the second step failed: then it is what is in force. */
	ended = end_scratch(r, ioas, hwpt);
	return ret ? ret : ended;
}

/*
 * After the refusal @ret, whose record is to be the last one. Of a PASID nothing
 * can be lost: the kernel demands of drivers, and does itself for a group, that a
 * refusal leaves the PASID as it was.
 */
static void refused(struct iommufd_replacement *r, int ret)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };

	iommufd_failure_keep(&failure);
	r->in_force = r->old_page_table;
	r->state = IOMMUFD_REPLACE_RESTORED;
	r->windows_lost = !r->pasid && !came_early(r, ret);
	if (r->windows_lost) {
		if (!dma_goes_on(r->device, ret))
			r->state = IOMMUFD_REPLACE_BROKEN;
		if (r->state == IOMMUFD_REPLACE_BROKEN ||
		    r->flags & IOMMUFD_REPLACE_WINDOWS)
			r->restore_ret = go_back(r);
		/* Halfway back DMA goes nowhere. */
		if (r->in_force != r->old_page_table)
			r->state = IOMMUFD_REPLACE_BROKEN;
	}
	iommufd_failure_set(&failure);
}

/* The outputs of one that has not been tried. */
void iommufd__replace_begin(struct iommufd_replacement *r)
{
	r->ret = 0;
	r->state = IOMMUFD_REPLACE_UNTRIED;
	r->in_force = r->old_page_table;
	r->restore_ret = 0;
	r->windows_lost = 0;
	r->scratch_page_table = 0;
	r->scratch_ioas = 0;
}

int iommufd__replace_one(struct iommufd_replacement *r)
{
	iommufd__replace_begin(r);
	r->ret = attach(r, r->page_table);
	r->state = IOMMUFD_REPLACE_DONE;
	if (r->ret)
		refused(r, r->ret);
	return r->ret;
}

/* Take back what succeeded. A PASID that refuses keeps the new page table. */
void iommufd__replace_undo(struct iommufd_replacement *r)
{
	r->restore_ret = attach(r, r->old_page_table);
	r->state = r->restore_ret ? IOMMUFD_REPLACE_BROKEN
				  : IOMMUFD_REPLACE_RESTORED;
	if (!r->restore_ret || r->pasid)
		return;
	r->windows_lost = 1;
	r->restore_ret = go_back(r);
}

UTIL_API int iommufd_replace(struct iommufd_replacement *replacement)
{
	uint32_t cause = iommufd__replace_check(replacement);

	if (cause)
		return iommufd__util_refused(IOMMUFD_OP_REPLACE, cause);
	return iommufd__replace_one(replacement);
}
