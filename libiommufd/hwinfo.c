/* SPDX-License-Identifier: MIT */
/* What the IOMMU in front of a device is: IOMMU_GET_HW_INFO. */
#include <errno.h>
#include <string.h>

#include "internal.h"

/* Sizes of the structs in 0.1.0; they never change. */
#define INFO_MIN	   32
#define VTD_MIN		   32
#define ARM_SMMUV3_MIN	   44
#define AMD_MIN		   24
#define TEGRA241_CMDQV_MIN 24

static int failed(const struct iommufd_device *device, uint32_t type, int err)
{
	const struct iommufd_failure call = {
		.op = IOMMUFD_OP_DEVICE_GET_HW_INFO,
		.fd = iommufd_ctx_fd(iommufd_device_ctx(device)),
		.object_id = iommufd_device_id(device),
		.memory_fd = -1,
		.arg = type,
	};

	return iommufd__failed(&call, err);
}

/* Asking for the default type is asking the old way, for older kernels. */
static int ask(const struct iommufd_device *device, uint32_t type, void *data,
	       uint32_t length, struct uapi_get_hw_info *cmd)
{
	int ret;

	*cmd = (struct uapi_get_hw_info){
		.size = sizeof(*cmd),
		.dev_id = iommufd_device_id(device),
		.data_len = length,
		.data_uptr = iommufd__u64(data),
	};
	if (type != IOMMUFD_HW_INFO_DEFAULT) {
		cmd->flags = UAPI_HW_INFO_FLAG_INPUT_TYPE;
		cmd->data_type = type;
	}
	ret = iommufd__ioctl(iommufd_ctx_fd(iommufd_device_ctx(device)),
			     IOMMUFD_NR_GET_HW_INFO, cmd);
	return ret < 0 ? failed(device, type, -ret) : 0;
}

/* A kernel that does not know a member leaves it 0. */
static uint32_t valid_of(const struct uapi_get_hw_info *cmd)
{
	const uint64_t with_pasid = IOMMUFD_HW_CAP_PCI_PASID_EXEC |
				    IOMMUFD_HW_CAP_PCI_PASID_PRIV |
				    IOMMUFD_HW_CAP_PCI_ATS_NOT_SUPPORTED;
	uint32_t valid = IOMMUFD_HW_VALID_TYPE;

	if (cmd->out_capabilities)
		valid |= IOMMUFD_HW_VALID_CAPABILITIES;
	if (cmd->out_max_pasid_log2 || cmd->out_capabilities & with_pasid)
		valid |= IOMMUFD_HW_VALID_MAX_PASID;
	return valid;
}

IOMMUFD_API int iommufd_device_get_hw_info(struct iommufd_device *device,
					   uint32_t type, void *data,
					   uint32_t data_length,
					   struct iommufd_hw_info *info)
{
	struct iommufd_hw_info filled = { 0 };
	struct uapi_get_hw_info cmd;
	uint32_t cause;
	int ret;

	if (!device || (data_length && !data))
		return iommufd__refused(IOMMUFD_OP_DEVICE_GET_HW_INFO,
					IOMMUFD_CAUSE_NULL_POINTER);
	cause = iommufd__out_check(info, INFO_MIN);
	if (cause)
		return iommufd__refused(IOMMUFD_OP_DEVICE_GET_HW_INFO, cause);
	ret = ask(device, type, data, data_length, &cmd);
	if (ret)
		return ret;
	filled.valid = valid_of(&cmd);
	filled.type = cmd.data_type;
	filled.data_length = cmd.data_len;
	filled.capabilities = cmd.out_capabilities;
	filled.max_pasid_log2 = cmd.out_max_pasid_log2;
	iommufd__out_store(info, &filled, sizeof(filled));
	return 0;
}

/*
 * The typed forms ask for the default and look what came, as kernels before
 * 6.17 cannot be asked for a type; @asked is the exception that is no default.
 */
static int typed(struct iommufd_device *device, uint32_t type, uint32_t asked,
		 void *data, uint32_t length, const void *out, uint32_t min,
		 uint32_t *valid)
{
	struct uapi_get_hw_info cmd;
	uint32_t cause = iommufd__out_check(out, min);
	int ret;

	if (!device)
		cause = IOMMUFD_CAUSE_NULL_POINTER;
	if (cause)
		return iommufd__refused(IOMMUFD_OP_DEVICE_GET_HW_INFO, cause);
	ret = ask(device, asked, data, length, &cmd);
	if (!ret && cmd.data_type != type)
		ret = failed(device, type, EOPNOTSUPP);
	if (!ret)
		*valid = cmd.data_len >= length ? IOMMUFD_HW_VALID_ALL : 0;
	return ret;
}

IOMMUFD_API int iommufd_device_get_hw_info_vtd(struct iommufd_device *device,
					       struct iommufd_hw_vtd_info *vtd)
{
	struct uapi_hw_info_vtd raw = { 0 };
	struct iommufd_hw_vtd_info filled = { 0 };
	int ret = typed(device, IOMMUFD_HW_INFO_INTEL_VTD,
			IOMMUFD_HW_INFO_DEFAULT, &raw, sizeof(raw), vtd,
			VTD_MIN, &filled.valid);

	if (ret)
		return ret;
	filled.flags = raw.flags;
	filled.cap_reg = raw.cap_reg;
	filled.ecap_reg = raw.ecap_reg;
	iommufd__out_store(vtd, &filled, sizeof(filled));
	return 0;
}

IOMMUFD_API int iommufd_device_get_hw_info_arm_smmuv3(
	struct iommufd_device *device, struct iommufd_hw_arm_smmuv3_info *smmu)
{
	struct uapi_hw_info_arm_smmuv3 raw = { 0 };
	struct iommufd_hw_arm_smmuv3_info filled = { 0 };
	int ret = typed(device, IOMMUFD_HW_INFO_ARM_SMMUV3,
			IOMMUFD_HW_INFO_DEFAULT, &raw, sizeof(raw), smmu,
			ARM_SMMUV3_MIN, &filled.valid);

	if (ret)
		return ret;
	filled.flags = raw.flags;
	memcpy(filled.idr, raw.idr, sizeof(filled.idr));
	filled.iidr = raw.iidr;
	filled.aidr = raw.aidr;
	iommufd__out_store(smmu, &filled, sizeof(filled));
	return 0;
}

IOMMUFD_API int iommufd_device_get_hw_info_amd(struct iommufd_device *device,
					       struct iommufd_hw_amd_info *amd)
{
	struct uapi_hw_info_amd raw = { 0 };
	struct iommufd_hw_amd_info filled = { 0 };
	int ret = typed(device, IOMMUFD_HW_INFO_AMD, IOMMUFD_HW_INFO_DEFAULT,
			&raw, sizeof(raw), amd, AMD_MIN, &filled.valid);

	if (ret)
		return ret;
	filled.efr = raw.efr;
	filled.efr2 = raw.efr2;
	iommufd__out_store(amd, &filled, sizeof(filled));
	return 0;
}

IOMMUFD_API int iommufd_device_get_hw_info_tegra241_cmdqv(
	struct iommufd_device *device,
	struct iommufd_hw_tegra241_cmdqv_info *cmdqv)
{
	struct uapi_hw_info_tegra241_cmdqv raw = { 0 };
	struct iommufd_hw_tegra241_cmdqv_info filled = { 0 };
	int ret = typed(device, IOMMUFD_HW_INFO_TEGRA241_CMDQV,
			IOMMUFD_HW_INFO_TEGRA241_CMDQV, &raw, sizeof(raw),
			cmdqv, TEGRA241_CMDQV_MIN, &filled.valid);

	if (ret)
		return ret;
	filled.flags = raw.flags;
	filled.version = raw.version;
	filled.log2vcmdqs = raw.log2vcmdqs;
	filled.log2vsids = raw.log2vsids;
	iommufd__out_store(cmdqv, &filled, sizeof(filled));
	return 0;
}
