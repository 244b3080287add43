/* SPDX-License-Identifier: MIT */
/* VFIO device files: opening, adopting, binding, attaching, ending. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "internal.h"

/* sizeof(struct iommufd_vfio_bind_opts) in 0.1.0: two words and a pointer. */
#define BIND_OPTS_MIN (8 + sizeof(void *))

/* Changed by the bind alone; the device or access made of it comes later. */
struct iommufd_vfio {
	int fd;
	atomic_uint refs;
	struct iommufd_ctx *ctx; /* NULL before the bind */
	uint32_t id;
	uint32_t kind;
};

static struct iommufd_vfio *vfio_new(void)
{
	struct iommufd_vfio *file = calloc(1, sizeof(*file));

	if (file) {
		atomic_init(&file->refs, 1);
		file->fd = -1;
	}
	return file;
}

static void vfio_put(struct iommufd_vfio *file)
{
	if (atomic_fetch_sub_explicit(&file->refs, 1, memory_order_acq_rel) !=
	    1)
		return;
	/* Nothing can be done about a failure, and the descriptor is gone. */
	(void)iommufd__close(file->fd);
	if (file->ctx)
		iommufd__ctx_put(file->ctx);
	free(file);
}

/* The library's own no to a request on a file. */
static int refused(const struct iommufd_vfio *file, uint32_t op, uint32_t cause)
{
	const struct iommufd_failure call = {
		.op = op, .fd = file->fd, .object_id = file->id, .memory_fd = -1
	};

	return iommufd__refused_as(&call, cause);
}

int iommufd__vfio_check(const struct iommufd_vfio *file, uint32_t op)
{
	if (!file)
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	if (!file->ctx)
		return refused(file, op, IOMMUFD_CAUSE_NOT_BOUND);
	return 0;
}

/* As many entries or bytes as @needed would have been room enough. */
int iommufd__vfio_short(const struct iommufd_vfio *file, uint32_t op,
			uint32_t index, uint64_t needed)
{
	const struct iommufd_failure call = { .op = op,
					      .fd = file->fd,
					      .object_id = file->id,
					      .other_id = index,
					      .memory_fd = -1,
					      .arg = needed };

	return iommufd__refused_as(&call, IOMMUFD_CAUSE_ARRAY_SHORT);
}

int iommufd__vfio_failed(const struct iommufd_vfio *file, uint32_t op,
			 uint64_t arg, int err)
{
	const struct iommufd_failure call = { .op = op,
					      .fd = file->fd,
					      .object_id = file->id,
					      .memory_fd = -1,
					      .arg = arg };

	return iommufd__failed(&call, err);
}

IOMMUFD_API int iommufd_vfio_open(const char *path, struct iommufd_vfio **file)
{
	struct iommufd_vfio *new;

	if (!path || !file)
		return iommufd__refused(IOMMUFD_OP_VFIO_OPEN,
					IOMMUFD_CAUSE_NULL_POINTER);
	new = vfio_new();
	if (!new)
		return iommufd__refused(IOMMUFD_OP_VFIO_OPEN,
					IOMMUFD_CAUSE_NO_MEMORY);
	new->fd = iommufd__open(path);
	if (new->fd < 0) {
		const struct iommufd_failure call = {
			.op = IOMMUFD_OP_VFIO_OPEN,
			.fd = -1,
			.memory_fd = -1,
		};
		int err = -new->fd;

		free(new);
		return iommufd__failed(&call, err);
	}
	*file = new;
	return 0;
}

/* Which kind an id is: only physical devices have hardware information. */
static uint32_t kind_of(const struct iommufd_ctx *ctx, uint32_t id)
{
	struct uapi_get_hw_info cmd = { .size = sizeof(cmd), .dev_id = id };
	int ret = iommufd__ioctl(iommufd_ctx_fd(ctx), IOMMUFD_NR_GET_HW_INFO,
				 &cmd);

	switch (ret) {
	case 0:
	case -EOPNOTSUPP: /* behind no IOMMU */
		return IOMMUFD_VFIO_PHYSICAL;
	case -ENOENT:
		return IOMMUFD_VFIO_EMULATED;
	default:
		return IOMMUFD_VFIO_UNKNOWN;
	}
}

static int adopt(int fd, uint32_t flags, struct iommufd_vfio **file)
{
	struct iommufd_vfio *new;
	int copy = fd;

	if (!file)
		return iommufd__refused(IOMMUFD_OP_VFIO_ADOPT,
					IOMMUFD_CAUSE_NULL_POINTER);
	if (flags & ~(uint32_t)IOMMUFD_ADOPT_TAKE_FD)
		return iommufd__refused(IOMMUFD_OP_VFIO_ADOPT,
					IOMMUFD_CAUSE_BAD_FLAGS);
	new = vfio_new();
	if (!new)
		return iommufd__refused(IOMMUFD_OP_VFIO_ADOPT,
					IOMMUFD_CAUSE_NO_MEMORY);
	if (fd < 0)
		copy = -EBADF;
	else if (!(flags & IOMMUFD_ADOPT_TAKE_FD))
		copy = iommufd__dup(fd);
	if (copy < 0) {
		const struct iommufd_failure call = {
			.op = IOMMUFD_OP_VFIO_ADOPT,
			.fd = fd,
			.memory_fd = -1,
		};

		free(new);
		return iommufd__failed(&call, -copy);
	}
	new->fd = copy;
	*file = new;
	return 0;
}

IOMMUFD_API int iommufd_vfio_adopt(int fd, uint32_t flags,
				   struct iommufd_vfio **file)
{
	return adopt(fd, flags, file);
}

IOMMUFD_API int iommufd_vfio_adopt_bound(struct iommufd_ctx *ctx, uint32_t id,
					 int fd, uint32_t flags,
					 struct iommufd_vfio **file)
{
	int ret;

	if (!ctx)
		return iommufd__refused(IOMMUFD_OP_VFIO_ADOPT,
					IOMMUFD_CAUSE_NULL_POINTER);
	if (!iommufd__id_is_possible(id))
		return iommufd__refused(IOMMUFD_OP_VFIO_ADOPT,
					IOMMUFD_CAUSE_BAD_ID);
	ret = adopt(fd, flags, file);
	if (ret)
		return ret;
	(*file)->ctx = iommufd__ctx_get(ctx);
	(*file)->id = id;
	(*file)->kind = kind_of(ctx, id);
	return 0;
}

IOMMUFD_API void iommufd_vfio_close(struct iommufd_vfio *file)
{
	if (file)
		vfio_put(file);
}

IOMMUFD_API int iommufd_vfio_fd(const struct iommufd_vfio *file)
{
	return file ? file->fd : -1;
}

IOMMUFD_API uint32_t iommufd_vfio_id(const struct iommufd_vfio *file)
{
	return file ? file->id : 0;
}

IOMMUFD_API uint32_t iommufd_vfio_kind(const struct iommufd_vfio *file)
{
	return file ? file->kind : IOMMUFD_VFIO_UNBOUND;
}

IOMMUFD_API struct iommufd_ctx *iommufd_vfio_ctx(
	const struct iommufd_vfio *file)
{
	return file ? file->ctx : NULL;
}

static int bind_failed(const struct iommufd_vfio *file,
		       const struct iommufd_ctx *ctx,
		       const struct uapi_vfio_bind *cmd, int err)
{
	const struct iommufd_failure call = {
		.op = IOMMUFD_OP_VFIO_BIND,
		.fd = file->fd,
		.other_id = (uint32_t)iommufd_ctx_fd(ctx),
		.flags = cmd->flags,
		.memory_fd = -1,
		.memory = cmd->token_uuid_ptr,
	};

	return iommufd__failed(&call, err);
}

IOMMUFD_API int iommufd_vfio_bind(struct iommufd_vfio *file,
				  struct iommufd_ctx *ctx,
				  const struct iommufd_vfio_bind_opts *opts)
{
	struct uapi_vfio_bind cmd = { .argsz = UAPI_VFIO_BIND_6_6 };
	struct iommufd_vfio_bind_opts o;
	uint32_t cause;
	int ret;

	if (!file || !ctx)
		return iommufd__refused(IOMMUFD_OP_VFIO_BIND,
					IOMMUFD_CAUSE_NULL_POINTER);
	cause = iommufd__opts_load(&o, sizeof(o), opts, BIND_OPTS_MIN);
	if (!cause && o.reserved)
		cause = IOMMUFD_CAUSE_OPTS_RESERVED;
	if (!cause && file->ctx)
		cause = IOMMUFD_CAUSE_ALREADY_BOUND;
	if (cause)
		return refused(file, IOMMUFD_OP_VFIO_BIND, cause);
	cmd.iommufd = iommufd_ctx_fd(ctx);
	if (o.token) {
		cmd.argsz = UAPI_VFIO_BIND_6_17;
		cmd.flags = UAPI_VFIO_BIND_FLAG_TOKEN;
		cmd.token_uuid_ptr = iommufd__u64(o.token);
	}
	ret = iommufd__ioctl(file->fd, UAPI_VFIO_BIND, &cmd);
	if (ret < 0)
		return bind_failed(file, ctx, &cmd, -ret);
	file->ctx = iommufd__ctx_get(ctx);
	file->id = cmd.out_devid;
	file->kind = kind_of(ctx, cmd.out_devid);
	return 0;
}

int iommufd__vfio_get(struct iommufd_vfio *file, uint32_t op, uint32_t kind,
		      struct iommufd_ctx **ctx)
{
	if (!file->ctx)
		return refused(file, op, IOMMUFD_CAUSE_NOT_BOUND);
	if (file->kind != kind && file->kind != IOMMUFD_VFIO_UNKNOWN)
		return refused(file, op, IOMMUFD_CAUSE_WRONG_KIND);
	atomic_fetch_add_explicit(&file->refs, 1, memory_order_relaxed);
	*ctx = file->ctx;
	return 0;
}

static int vfio_attach(void *base, uint32_t flags, uint32_t pasid,
		       uint32_t *pt_id)
{
	const struct iommufd_vfio *file = base;
	struct uapi_vfio_attach cmd = { .argsz = flags ? UAPI_VFIO_ATTACH_6_15
						       : UAPI_VFIO_ATTACH_6_6,
					.flags = flags,
					.pt_id = *pt_id,
					.pasid = pasid };
	int ret = iommufd__ioctl(file->fd, UAPI_VFIO_ATTACH, &cmd);

	if (ret >= 0)
		*pt_id = cmd.pt_id;
	return ret < 0 ? ret : 0;
}

static int vfio_detach(void *base, uint32_t flags, uint32_t pasid)
{
	const struct iommufd_vfio *file = base;
	struct uapi_vfio_detach cmd = { .argsz = flags ? UAPI_VFIO_DETACH_6_15
						       : UAPI_VFIO_DETACH_6_6,
					.flags = flags,
					.pasid = pasid };
	int ret = iommufd__ioctl(file->fd, UAPI_VFIO_DETACH, &cmd);

	return ret < 0 ? ret : 0;
}

static void vfio_close(void *base)
{
	vfio_put(base);
}

const struct iommufd_private_ops iommufd__vfio_ops = {
	.size = sizeof(iommufd__vfio_ops),
	.attach = vfio_attach,
	.detach = vfio_detach,
	.close = vfio_close,
};

/* No PASID has this number, so nothing is detached. */
#define NO_PASID 0x7fffffffu

IOMMUFD_API int iommufd_vfio_probe_pasid(struct iommufd_vfio *file)
{
	int ret = iommufd__vfio_check(file, IOMMUFD_OP_VFIO_PROBE_PASID);

	if (ret)
		return ret;
	ret = vfio_detach(file, UAPI_VFIO_DETACH_PASID, NO_PASID);
	if (ret)
		return iommufd__vfio_failed(file, IOMMUFD_OP_VFIO_PROBE_PASID,
					    0, -ret);
	return 0;
}
