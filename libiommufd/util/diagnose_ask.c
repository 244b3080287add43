/* SPDX-License-Identifier: MIT */
/*
 * Questions to the driver. A request is made that it cannot grant, and what it
 * has against it tells how far it came: ids are looked up before types, types
 * are compared before data is read.
 */
#include "diagnose.h"

#include <errno.h>
#include <stddef.h>

/* An address that no process has, and more than any data has. */
#define UNREADABLE (UINT64_MAX - 4095)
#define LONGEST	   64

/* The kernel's structs as far as they are needed here. */
struct hwpt_alloc {
	uint32_t size, flags, dev_id, pt_id, out_id, reserved;
	uint32_t data_type, data_len;
	uint64_t data;
};

struct invalidate {
	uint32_t size, id;
	uint64_t data;
	uint32_t type, entry_len, entry_num, reserved;
};

struct get_hw_info {
	uint32_t size, flags, dev_id, data_len;
	uint64_t data;
	uint32_t type;
	uint8_t max_pasid_log2, reserved[3];
	uint64_t capabilities;
};

struct viommu_alloc {
	uint32_t size, flags, type, dev_id, hwpt_id, out_id;
	uint32_t data_len, reserved;
	uint64_t data;
};

struct vdevice_alloc {
	uint32_t size, viommu_id, dev_id, out_id;
	uint64_t virt_id;
};

struct hw_queue_alloc {
	uint32_t size, flags, viommu_id, type, index, out_id;
	uint64_t iova, length;
};

static int ask(const struct iommufd__diag *d, uint32_t nr, void *cmd)
{
	int ret;

	if (!d->ctx)
		return -1;
	ret = iommufd_ctx_ioctl(d->ctx, nr, cmd, NULL);
	return ret ? iommufd_errno(ret) : 0;
}

/* Ask, and destroy what was made of it: the kernel puts its id into @id. */
static int try(const struct iommufd__diag *d, uint32_t nr, void *cmd,
	       const uint32_t *id)
{
	int err = ask(d, nr, cmd);

	if (!err)
		(void)iommufd_ctx_destroy_id(d->ctx, *id);
	return err;
}

int iommufd__ask_nested(const struct iommufd__diag *d, uint32_t dev_id,
			uint32_t pt_id, uint32_t type, uint32_t length)
{
	struct hwpt_alloc cmd = { .size = sizeof(cmd),
				  .dev_id = dev_id,
				  .pt_id = pt_id,
				  .data_type = type,
				  .data_len = length,
				  .data = length ? UNREADABLE : 0 };

	return try(d, IOMMUFD_NR_HWPT_ALLOC, &cmd, &cmd.out_id);
}

int iommufd__ask_viommu(const struct iommufd__diag *d, uint32_t dev_id,
			uint32_t hwpt_id, uint32_t type, uint32_t length)
{
	struct viommu_alloc cmd = { .size = sizeof(cmd),
				    .type = type,
				    .dev_id = dev_id,
				    .hwpt_id = hwpt_id,
				    .data_len = length,
				    .data = UNREADABLE };

	return try(d, IOMMUFD_NR_VIOMMU_ALLOC, &cmd, &cmd.out_id);
}

/* Data that is long enough is read, and cannot be. */
int iommufd__ask_length(const struct iommufd__diag *d, iommufd__ask *how,
			struct iommufd__span *span)
{
	const struct iommufd_failure *f = &d->failure;

	span->first = 0;
	for (uint32_t length = 4; length <= LONGEST; length += 4) {
		if (how(d, f->object_id, f->other_id, (uint32_t)f->arg,
			length) != EFAULT)
			continue;
		if (!span->first)
			span->first = length;
		span->last = length;
	}
	return span->first != 0;
}

int iommufd__ask_invalidation(const struct iommufd__diag *d, uint32_t id,
			      uint32_t type, uint32_t length, uint32_t count)
{
	struct invalidate cmd = { .size = sizeof(cmd),
				  .id = id,
				  .data = UNREADABLE,
				  .type = type,
				  .entry_len = length,
				  .entry_num = count };

	return ask(d, IOMMUFD_NR_HWPT_INVALIDATE, &cmd);
}

int iommufd__ask_hw_info(const struct iommufd__diag *d, uint32_t dev_id,
			 struct iommufd__hw_info *info)
{
	struct get_hw_info cmd = { .size = sizeof(cmd), .dev_id = dev_id };
	int err = ask(d, IOMMUFD_NR_GET_HW_INFO, &cmd);

	info->type = cmd.type;
	info->max_pasid_log2 = cmd.max_pasid_log2;
	info->capabilities = cmd.capabilities;
	return err;
}

/* The shortest struct: older kernels know no longer one. */
int iommufd__make_paging(const struct iommufd__diag *d, uint32_t dev_id,
			 uint32_t ioas_id, uint32_t flags, uint32_t *id)
{
	struct hwpt_alloc cmd = { .size = offsetof(struct hwpt_alloc,
						   data_type),
				  .flags = flags,
				  .dev_id = dev_id,
				  .pt_id = ioas_id };
	int err = ask(d, IOMMUFD_NR_HWPT_ALLOC, &cmd);

	*id = cmd.out_id;
	return err;
}

int iommufd__try_vdevice(const struct iommufd__diag *d, uint32_t dev_id,
			 uint32_t viommu_id, uint64_t virt_id)
{
	struct vdevice_alloc cmd = { .size = sizeof(cmd),
				     .viommu_id = viommu_id,
				     .dev_id = dev_id,
				     .virt_id = virt_id };

	return try(d, IOMMUFD_NR_VDEVICE_ALLOC, &cmd, &cmd.out_id);
}

/* The queue of the failure, but with this index. */
int iommufd__try_hw_queue(const struct iommufd__diag *d, uint32_t index)
{
	struct hw_queue_alloc cmd = { .size = sizeof(cmd),
				      .viommu_id = d->failure.object_id,
				      .type = d->failure.other_id,
				      .index = index,
				      .iova = d->failure.iova,
				      .length = d->failure.length };

	return try(d, IOMMUFD_NR_HW_QUEUE_ALLOC, &cmd, &cmd.out_id);
}
