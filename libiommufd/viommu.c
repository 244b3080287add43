/* SPDX-License-Identifier: MIT */
/* Virtual IOMMUs. */
#include <errno.h>

#include "internal.h"

/* Sizes of the structs in 0.1.0; they never change. */
#define OPTS_MIN		(16 + sizeof(void *))
#define TEGRA241_CMDQV_INFO_MIN 24

static struct iommufd__object *object_of(struct iommufd_viommu *viommu)
{
	return (struct iommufd__object *)viommu;
}

static int alloc_failed(int fd, const struct uapi_viommu_alloc *cmd, int err)
{
	const struct iommufd_failure call = { .op = IOMMUFD_OP_VIOMMU_ALLOC,
					      .fd = fd,
					      .object_id = cmd->dev_id,
					      .other_id = cmd->hwpt_id,
					      .flags = cmd->flags,
					      .memory_fd = -1,
					      .length = cmd->data_len,
					      .arg = cmd->type };

	return iommufd__failed(&call, err);
}

static int refused(uint32_t cause)
{
	return iommufd__refused(IOMMUFD_OP_VIOMMU_ALLOC, cause);
}

/* The type is looked at before the nest parent, which no id 0 can be. */
IOMMUFD_API int iommufd_viommu_probe(struct iommufd_device *device,
				     uint32_t type)
{
	struct uapi_viommu_alloc cmd = { .size = UAPI_VIOMMU_ALLOC_6_13,
					 .type = type,
					 .dev_id = iommufd_device_id(device) };
	struct iommufd_failure call = { .op = IOMMUFD_OP_VIOMMU_PROBE,
					.object_id = cmd.dev_id,
					.memory_fd = -1,
					.arg = type };
	int ret;

	if (!device)
		return iommufd__refused(call.op, IOMMUFD_CAUSE_NULL_POINTER);
	call.fd = iommufd_ctx_fd(iommufd_device_ctx(device));
	ret = iommufd__ioctl(call.fd, IOMMUFD_NR_VIOMMU_ALLOC, &cmd);
	return ret < 0 && ret != -ENOENT ? iommufd__failed(&call, -ret) : 0;
}

IOMMUFD_API int iommufd_viommu_alloc(
	struct iommufd_device *device, const struct iommufd_hwpt *parent,
	uint32_t type, const struct iommufd_viommu_alloc_opts *opts,
	struct iommufd_viommu **viommu)
{
	const struct iommufd__object *on =
		(const struct iommufd__object *)parent;
	struct uapi_viommu_alloc cmd = { .size = UAPI_VIOMMU_ALLOC_6_13,
					 .type = type };
	struct iommufd_viommu_alloc_opts o;
	struct iommufd__object *new;
	uint32_t cause;
	int fd, ret;

	if (!device || !on || !viommu)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	cause = iommufd__opts_load(&o, sizeof(o), opts, OPTS_MIN);
	if (!cause && o.reserved)
		cause = IOMMUFD_CAUSE_OPTS_RESERVED;
	if (!cause && on->ctx != iommufd_device_ctx(device))
		cause = IOMMUFD_CAUSE_OTHER_CONTEXT;
	if (cause)
		return refused(cause);
	new = iommufd__object_new(on->ctx);
	if (!new)
		return refused(IOMMUFD_CAUSE_NO_MEMORY);
	cmd.dev_id = iommufd_device_id(device);
	cmd.hwpt_id = on->id;
	cmd.flags = o.flags;
	cmd.data_len = o.data_len;
	cmd.data_uptr = iommufd__u64(o.data);
	if (o.data_len || o.data)
		cmd.size = UAPI_VIOMMU_ALLOC_6_17;
	fd = iommufd_ctx_fd(on->ctx);
	ret = iommufd__ioctl(fd, IOMMUFD_NR_VIOMMU_ALLOC, &cmd);
	if (ret < 0) {
		iommufd__object_release(new);
		return alloc_failed(fd, &cmd, -ret);
	}
	new->id = cmd.out_viommu_id;
	*viommu = (struct iommufd_viommu *)new;
	return 0;
}

IOMMUFD_API int iommufd_viommu_alloc_tegra241_cmdqv(
	struct iommufd_device *device, const struct iommufd_hwpt *parent,
	struct iommufd_viommu_tegra241_cmdqv_info *cmdqv,
	struct iommufd_viommu **viommu)
{
	uint32_t cause = iommufd__out_check(cmdqv, TEGRA241_CMDQV_INFO_MIN);
	struct iommufd_viommu_tegra241_cmdqv_info filled = { 0 };
	struct uapi_viommu_tegra241_cmdqv data = { 0 };
	const struct iommufd_viommu_alloc_opts opts = {
		.size = sizeof(opts), .data_len = sizeof(data), .data = &data
	};
	int ret;

	if (cause)
		return refused(cause);
	ret = iommufd_viommu_alloc(
		device, parent, IOMMUFD_VIOMMU_TEGRA241_CMDQV, &opts, viommu);
	if (ret)
		return ret;
	filled.mmap_offset = data.out_vintf_mmap_offset;
	filled.mmap_length = data.out_vintf_mmap_length;
	iommufd__out_store(cmdqv, &filled, sizeof(filled));
	return 0;
}

IOMMUFD_API int iommufd_viommu_adopt(struct iommufd_ctx *ctx, uint32_t id,
				     uint32_t flags,
				     struct iommufd_viommu **viommu)
{
	struct iommufd__object *new;
	int ret = iommufd__object_adopt(ctx, id, flags, IOMMUFD_ADOPT_OWNED,
					IOMMUFD_OP_VIOMMU_ADOPT,
					viommu ? &new : NULL);

	if (!ret)
		*viommu = (struct iommufd_viommu *)new;
	return ret;
}

IOMMUFD_API uint32_t iommufd_viommu_id(const struct iommufd_viommu *viommu)
{
	return viommu ? ((const struct iommufd__object *)viommu)->id : 0;
}

IOMMUFD_API struct iommufd_ctx *iommufd_viommu_ctx(
	const struct iommufd_viommu *viommu)
{
	return viommu ? ((const struct iommufd__object *)viommu)->ctx : NULL;
}

static int map_failed(uint32_t op, const struct iommufd__object *object,
		      const struct iommufd_extent *region, int err)
{
	const struct iommufd_failure call = {
		.op = op,
		.fd = object ? iommufd_ctx_fd(object->ctx) : -1,
		.object_id = object ? object->id : 0,
		.memory_fd = -1,
		.length = region->length,
		.arg = region->start,
	};

	return iommufd__failed(&call, err);
}

IOMMUFD_API int iommufd_viommu_mmap(struct iommufd_viommu *viommu,
				    const struct iommufd_extent *region,
				    void **address)
{
	const uint32_t op = IOMMUFD_OP_VIOMMU_MMAP;
	int ret;

	if (!viommu || !region || !address)
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	/* What does not fit the types of mmap() is nothing a driver gave. */
	if ((uint64_t)(off_t)region->start != region->start ||
	    region->length > SIZE_MAX)
		return iommufd__refused(op, IOMMUFD_CAUSE_NOT_MAPPABLE);
	ret = iommufd__mmap(iommufd_ctx_fd(object_of(viommu)->ctx),
			    (size_t)region->length, (off_t)region->start,
			    address);
	return ret ? map_failed(op, object_of(viommu), region, -ret) : 0;
}

IOMMUFD_API int iommufd_viommu_munmap(void *address,
				      const struct iommufd_extent *region)
{
	const uint32_t op = IOMMUFD_OP_VIOMMU_MUNMAP;
	int ret;

	if (!address || !region)
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	if (region->length > SIZE_MAX)
		return iommufd__refused(op, IOMMUFD_CAUSE_BAD_VALUE);
	ret = iommufd__munmap(address, (size_t)region->length);
	return ret ? map_failed(op, NULL, region, -ret) : 0;
}

IOMMUFD_API int iommufd_viommu_destroy(struct iommufd_viommu *viommu)
{
	return iommufd__object_destroy(object_of(viommu));
}

IOMMUFD_API void iommufd_viommu_release(struct iommufd_viommu *viommu)
{
	iommufd__object_release(object_of(viommu));
}
