/* SPDX-License-Identifier: MIT */
/* Page faults by groups, and their answers. */
#include "internal.h"

#include <errno.h>

/* sizeof(struct iommufd_fault_group_info) in 0.1.0. */
#define GROUP_MIN (48 + sizeof(void *))

_Static_assert(sizeof(struct iommufd_fault_group_info) >= GROUP_MIN, "grown");

static int refused(uint32_t cause)
{
	return iommufd__util_refused(IOMMUFD_OP_EVENTS, cause);
}

/* The last byte of a fault, whose length is a hint and may be nonsense. */
static uint64_t last_of(const struct iommufd_hwpt_pgfault *fault)
{
	uint64_t more = fault->length ? fault->length - 1 : 0;

	return more > UINT64_MAX - fault->addr ? UINT64_MAX
					       : fault->addr + more;
}

static void group_begin(struct iommufd_fault_group_info *group,
			const struct iommufd_hwpt_pgfault *first)
{
	group->cookie = first->cookie;
	group->dev_id = first->dev_id;
	group->pasid = first->pasid;
	group->grpid = first->grpid;
	group->start = first->addr;
	group->faults = first;
}

static void group_add(struct iommufd_fault_group_info *group,
		      const struct iommufd_hwpt_pgfault *fault)
{
	uint64_t last = last_of(fault);

	group->count++;
	group->flags |= fault->flags;
	group->perm |= fault->perm;
	if (fault->addr < group->start)
		group->start = fault->addr;
	if (last > group->last)
		group->last = last;
}

/* 0 or a cause: up to the last fault of the group that begins here. */
static uint32_t group_collect(struct iommufd_fault_group_info *group,
			      const struct iommufd_hwpt_pgfault *faults,
			      uint32_t count)
{
	if (!count)
		return 0;
	group_begin(group, faults);
	for (uint32_t i = 0; i < count; i++) {
		if (faults[i].cookie != group->cookie)
			return IOMMUFD_CAUSE_RECORD_MALFORMED;
		group_add(group, &faults[i]);
		if (faults[i].flags & IOMMUFD_PGFAULT_LAST_PAGE)
			return 0;
	}
	return IOMMUFD_CAUSE_RECORD_SHORT;
}

UTIL_API int iommufd_fault_group_next(const struct iommufd_hwpt_pgfault *faults,
				      uint32_t count, uint32_t *position,
				      struct iommufd_fault_group_info *group)
{
	struct iommufd_fault_group_info known = { .size = sizeof(known) };
	uint32_t cause = iommufd__util_in_check(group, GROUP_MIN);

	if (!cause && (!position || (count && !faults)))
		cause = IOMMUFD_CAUSE_NULL_POINTER;
	if (!cause && *position > count)
		cause = IOMMUFD_CAUSE_BAD_VALUE;
	if (!cause)
		cause = group_collect(&known, count ? faults + *position : NULL,
				      count - *position);
	if (cause)
		return refused(cause);
	*position += known.count;
	iommufd__util_out_store(group, &known, sizeof(known));
	return 0;
}

/* The kernel stops at an answer that it refuses: given first, it says why. */
UTIL_API int iommufd_fault_answer(
	struct iommufd_fault_queue *queue,
	const struct iommufd_hwpt_page_response *responses, uint32_t *count,
	uint32_t *gone)
{
	struct iommufd_failure failure = { .size = sizeof(failure) };
	uint32_t done = 0, dead = 0, all;
	int ret = 0;

	if (!count)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	all = *count;
	*count = 0;
	if (!queue || (all && !responses))
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	iommufd_failure_keep(&failure);
	while (!ret && done < all) {
		uint32_t n = all - done;

		ret = iommufd_fault_queue_respond(queue, responses + done, &n);
		if (iommufd_is(ret, IOMMUFD_CAUSE_FAULT_GONE)) {
			ret = 0;
			n = 1;
			dead++;
		}
		/* Neither taken nor refused: nothing would ever come of it. */
		if (!ret && !n)
			ret = iommufd__util_failed(IOMMUFD_OP_EVENTS,
						   IOMMUFD_CAUSE_UNSPECIFIC,
						   EIO);
		done += n;
	}
	/* That a fault is gone is no failure here. */
	if (!ret)
		iommufd_failure_set(&failure);
	*count = done;
	if (gone)
		*gone = dead;
	return ret;
}

UTIL_API int iommufd_fault_answer_group(
	struct iommufd_fault_queue *queue,
	const struct iommufd_fault_group_info *group, uint32_t code,
	uint32_t *gone)
{
	struct iommufd_hwpt_page_response response = { .code = code };
	struct iommufd_fault_group_info known;
	uint32_t cause, one = 1;

	if (gone)
		*gone = 0;
	cause = group ? iommufd__util_opts_load(&known, sizeof(known), group,
						GROUP_MIN)
		      : IOMMUFD_CAUSE_NULL_POINTER;
	if (!cause && !known.count)
		cause = IOMMUFD_CAUSE_BAD_VALUE;
	if (cause)
		return refused(cause);
	response.cookie = known.cookie;
	return iommufd_fault_answer(queue, &response, &one, gone);
}
