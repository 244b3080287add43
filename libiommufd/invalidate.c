/* SPDX-License-Identifier: MIT */
/* What is cached of a guest's page tables: IOMMU_HWPT_INVALIDATE. */
#include "internal.h"

_Static_assert(sizeof(struct iommufd_vtd_s1_invalidation) == 24,
	       "the kernel's layout");
_Static_assert(sizeof(struct iommufd_arm_smmuv3_command) == 16,
	       "the kernel's layout");

/* Of an object that takes invalidations: a page table or a vIOMMU. */
static int invalidate(const struct iommufd__object *object, uint32_t op,
		      struct uapi_hwpt_invalidate *cmd, uint32_t *count)
{
	struct iommufd_failure call = { .op = op,
					.fd = -1,
					.memory_fd = -1,
					.memory = cmd->data_uptr,
					.length = cmd->entry_len };
	uint32_t given;
	int ret;

	if (!count)
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	given = *count;
	*count = 0;
	if (!object || (given && !cmd->data_uptr))
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	call.fd = iommufd_ctx_fd(object->ctx);
	call.object_id = object->id;
	call.other_id = cmd->data_type;
	cmd->size = sizeof(*cmd);
	cmd->hwpt_id = object->id;
	cmd->entry_num = given;
	ret = iommufd__ioctl(call.fd, IOMMUFD_NR_HWPT_INVALIDATE, cmd);
	/*
	 * A failure that handled them all is none of the command's: it was
	 * never reached and has written nothing.
	 */
	if (ret >= 0 || cmd->entry_num < given)
		*count = cmd->entry_num;
	if (ret >= 0)
		return 0;
	call.arg = *count;
	return iommufd__failed(&call, -ret);
}

static const struct iommufd__object *hwpt_object(const struct iommufd_hwpt *h)
{
	return (const struct iommufd__object *)h;
}

static const struct iommufd__object *viommu_object(
	const struct iommufd_viommu *v)
{
	return (const struct iommufd__object *)v;
}

IOMMUFD_API int iommufd_hwpt_invalidate(struct iommufd_hwpt *hwpt,
					uint32_t type, const void *entries,
					uint32_t entry_length, uint32_t *count)
{
	struct uapi_hwpt_invalidate cmd = { .data_uptr = iommufd__u64(entries),
					    .data_type = type,
					    .entry_len = entry_length };

	return invalidate(hwpt_object(hwpt), IOMMUFD_OP_HWPT_INVALIDATE, &cmd,
			  count);
}

IOMMUFD_API int iommufd_hwpt_invalidate_vtd_s1(
	struct iommufd_hwpt *hwpt,
	const struct iommufd_vtd_s1_invalidation *entries, uint32_t *count)
{
	return iommufd_hwpt_invalidate(hwpt, IOMMUFD_INVALIDATE_VTD_S1, entries,
				       sizeof(*entries), count);
}

IOMMUFD_API int iommufd_viommu_invalidate(struct iommufd_viommu *viommu,
					  uint32_t type, const void *entries,
					  uint32_t entry_length,
					  uint32_t *count)
{
	struct uapi_hwpt_invalidate cmd = { .data_uptr = iommufd__u64(entries),
					    .data_type = type,
					    .entry_len = entry_length };

	return invalidate(viommu_object(viommu), IOMMUFD_OP_VIOMMU_INVALIDATE,
			  &cmd, count);
}

IOMMUFD_API int iommufd_viommu_invalidate_arm_smmuv3(
	struct iommufd_viommu *viommu,
	const struct iommufd_arm_smmuv3_command *commands, uint32_t *count)
{
	return iommufd_viommu_invalidate(viommu, IOMMUFD_INVALIDATE_ARM_SMMUV3,
					 commands, sizeof(*commands), count);
}
