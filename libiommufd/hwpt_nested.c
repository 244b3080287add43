/* SPDX-License-Identifier: MIT */
/* Nested page tables with the data of each vendor. */
#include <string.h>

#include "internal.h"

/* Sizes of the structs in 0.1.0; they never change. */
#define VTD_S1_MIN     32
#define ARM_SMMUV3_MIN 32
#define AMD_GUEST_MIN  48

/* What is made, on which object, with which data. */
struct nested {
	const struct iommufd__object *parent;
	uint32_t flags;
	uint32_t fault_id;
	uint32_t type;
	uint32_t length;
	const void *data;
};

static int refused(uint32_t cause)
{
	return iommufd__refused(IOMMUFD_OP_HWPT_ALLOC, cause);
}

static int alloc(struct iommufd_device *device, const struct nested *nested,
		 struct iommufd_hwpt **hwpt)
{
	struct uapi_hwpt_alloc cmd = {
		.flags = nested->flags,
		.data_type = nested->type,
		.data_len = nested->length,
		.data_uptr = iommufd__u64(nested->data),
		.fault_id = nested->fault_id,
	};

	if (!device || !nested->parent || !hwpt)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	if (nested->parent->ctx != iommufd_device_ctx(device))
		return refused(IOMMUFD_CAUSE_OTHER_CONTEXT);
	cmd.pt_id = nested->parent->id;
	return iommufd__hwpt_alloc(device, &cmd, hwpt);
}

/* Unlike options of ours, a guest's table has no defaults. */
static uint32_t load(void *opts, uint32_t known, const void *from, uint32_t min)
{
	uint32_t cause = iommufd__opts_load(opts, known, from, min);

	return from ? cause : IOMMUFD_CAUSE_NULL_POINTER;
}

IOMMUFD_API int iommufd_hwpt_alloc_vtd_s1(
	struct iommufd_device *device, const struct iommufd_hwpt *parent,
	const struct iommufd_hwpt_alloc_vtd_s1_opts *vtd,
	struct iommufd_hwpt **hwpt)
{
	struct iommufd_hwpt_alloc_vtd_s1_opts o;
	uint32_t cause = load(&o, sizeof(o), vtd, VTD_S1_MIN);
	struct uapi_hwpt_vtd_s1 data = { 0 };
	const struct nested nested = {
		.parent = (const struct iommufd__object *)parent,
		.flags = o.flags,
		.fault_id = o.fault_id,
		.type = IOMMUFD_HWPT_DATA_VTD_S1,
		.length = sizeof(data),
		.data = &data,
	};

	if (cause)
		return refused(cause);
	data.flags = o.vtd_flags;
	data.pgtbl_addr = o.pgtbl_addr;
	data.addr_width = o.addr_width;
	return alloc(device, &nested, hwpt);
}

IOMMUFD_API int iommufd_hwpt_alloc_arm_smmuv3(
	struct iommufd_device *device, const struct iommufd_viommu *viommu,
	const struct iommufd_hwpt_alloc_arm_smmuv3_opts *smmu,
	struct iommufd_hwpt **hwpt)
{
	struct iommufd_hwpt_alloc_arm_smmuv3_opts o;
	uint32_t cause = load(&o, sizeof(o), smmu, ARM_SMMUV3_MIN);
	struct uapi_hwpt_arm_smmuv3 data;
	const struct nested nested = {
		.parent = (const struct iommufd__object *)viommu,
		.flags = o.flags,
		.fault_id = o.fault_id,
		.type = IOMMUFD_HWPT_DATA_ARM_SMMUV3,
		.length = sizeof(data),
		.data = &data,
	};

	if (!cause && o.reserved)
		cause = IOMMUFD_CAUSE_OPTS_RESERVED;
	if (cause)
		return refused(cause);
	memcpy(data.ste, o.ste, sizeof(data.ste));
	return alloc(device, &nested, hwpt);
}

IOMMUFD_API int iommufd_hwpt_alloc_amd_guest(
	struct iommufd_device *device, const struct iommufd_viommu *viommu,
	const struct iommufd_hwpt_alloc_amd_guest_opts *amd,
	struct iommufd_hwpt **hwpt)
{
	struct iommufd_hwpt_alloc_amd_guest_opts o;
	uint32_t cause = load(&o, sizeof(o), amd, AMD_GUEST_MIN);
	struct uapi_hwpt_amd_guest data;
	const struct nested nested = {
		.parent = (const struct iommufd__object *)viommu,
		.flags = o.flags,
		.fault_id = o.fault_id,
		.type = IOMMUFD_HWPT_DATA_AMD_GUEST,
		.length = sizeof(data),
		.data = &data,
	};

	if (!cause && o.reserved)
		cause = IOMMUFD_CAUSE_OPTS_RESERVED;
	if (cause)
		return refused(cause);
	memcpy(data.dte, o.dte, sizeof(data.dte));
	return alloc(device, &nested, hwpt);
}
