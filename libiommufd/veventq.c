/* SPDX-License-Identifier: MIT */
/* Event queues of virtual IOMMUs. */
#include "internal.h"

_Static_assert(sizeof(struct iommufd_veventq_header) == 8,
	       "the kernel's layout");
_Static_assert(sizeof(struct iommufd_vevent_arm_smmuv3) == 32,
	       "the kernel's layout");
_Static_assert(sizeof(struct iommufd_vevent_tegra241_cmdqv) == 16,
	       "the kernel's layout");

/* sizeof(struct iommufd_veventq_alloc_opts) in 0.1.0. */
#define OPTS_MIN 16

/* More at a time would not fit what one read can return. */
#define LENGTH_MAX (UINT32_C(1) << 30)

static struct iommufd__object *object_of(struct iommufd_veventq *queue)
{
	return (struct iommufd__object *)queue;
}

static int alloc_failed(int fd, const struct uapi_veventq_alloc *cmd, int err)
{
	const struct iommufd_failure call = { .op = IOMMUFD_OP_VEVENTQ_ALLOC,
					      .fd = fd,
					      .object_id = cmd->viommu_id,
					      .other_id = cmd->type,
					      .flags = cmd->flags,
					      .memory_fd = -1,
					      .arg = cmd->veventq_depth };

	return iommufd__failed(&call, err);
}

static int refused(uint32_t cause)
{
	return iommufd__refused(IOMMUFD_OP_VEVENTQ_ALLOC, cause);
}

IOMMUFD_API int iommufd_veventq_alloc(
	struct iommufd_viommu *viommu,
	const struct iommufd_veventq_alloc_opts *opts,
	struct iommufd_veventq **queue)
{
	const struct iommufd__object *of = (struct iommufd__object *)viommu;
	struct uapi_veventq_alloc cmd = { .size = sizeof(cmd) };
	struct iommufd_veventq_alloc_opts o;
	struct iommufd__object *new;
	uint32_t cause;
	int fd, ret;

	if (!of || !opts || !queue)
		return refused(IOMMUFD_CAUSE_NULL_POINTER);
	cause = iommufd__opts_load(&o, sizeof(o), opts, OPTS_MIN);
	if (cause)
		return refused(cause);
	new = iommufd__object_new(of->ctx);
	if (!new)
		return refused(IOMMUFD_CAUSE_NO_MEMORY);
	cmd.viommu_id = of->id;
	cmd.flags = o.flags;
	cmd.type = o.type;
	cmd.veventq_depth = o.depth;
	fd = iommufd_ctx_fd(of->ctx);
	ret = iommufd__ioctl(fd, IOMMUFD_NR_VEVENTQ_ALLOC, &cmd);
	if (ret < 0) {
		iommufd__object_release(new);
		return alloc_failed(fd, &cmd, -ret);
	}
	new->id = cmd.out_veventq_id;
	new->fd = (int)cmd.out_veventq_fd;
	*queue = (struct iommufd_veventq *)new;
	return 0;
}

IOMMUFD_API int iommufd_veventq_adopt(struct iommufd_ctx *ctx, uint32_t id,
				      int fd, uint32_t flags,
				      struct iommufd_veventq **queue)
{
	struct iommufd__object *new;
	int ret = iommufd__event_adopt(ctx, id, fd, flags,
				       IOMMUFD_OP_VEVENTQ_ADOPT,
				       queue ? &new : NULL);

	if (!ret)
		*queue = (struct iommufd_veventq *)new;
	return ret;
}

IOMMUFD_API uint32_t iommufd_veventq_id(const struct iommufd_veventq *queue)
{
	return queue ? ((const struct iommufd__object *)queue)->id : 0;
}

IOMMUFD_API struct iommufd_ctx *iommufd_veventq_ctx(
	const struct iommufd_veventq *queue)
{
	return queue ? ((const struct iommufd__object *)queue)->ctx : NULL;
}

IOMMUFD_API int iommufd_veventq_fd(const struct iommufd_veventq *queue)
{
	return queue ? ((const struct iommufd__object *)queue)->fd : -1;
}

IOMMUFD_API int iommufd_veventq_read(struct iommufd_veventq *queue,
				     void *records, uint32_t *length)
{
	const uint32_t op = IOMMUFD_OP_VEVENTQ_READ;
	uint32_t room;
	int ret;

	if (!queue || !length || (*length && !records))
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	room = *length < LENGTH_MAX ? *length : LENGTH_MAX;
	ret = iommufd__event_read(object_of(queue), op, records, &room);
	if (!ret)
		*length = room;
	return ret;
}

IOMMUFD_API void iommufd_veventq_close_fd(struct iommufd_veventq *queue)
{
	iommufd__event_close_fd(object_of(queue));
}

IOMMUFD_API int iommufd_veventq_destroy(struct iommufd_veventq *queue)
{
	return iommufd__object_destroy(object_of(queue));
}

IOMMUFD_API void iommufd_veventq_release(struct iommufd_veventq *queue)
{
	iommufd__object_release(object_of(queue));
}
