/* SPDX-License-Identifier: MIT */
/* The context: one open of /dev/iommu. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "internal.h"

struct iommufd_ctx {
	int fd;
	atomic_uint refs;
};

struct iommufd_ctx *iommufd__ctx_get(struct iommufd_ctx *ctx)
{
	atomic_fetch_add_explicit(&ctx->refs, 1, memory_order_relaxed);
	return ctx;
}

void iommufd__ctx_put(struct iommufd_ctx *ctx)
{
	if (atomic_fetch_sub_explicit(&ctx->refs, 1, memory_order_acq_rel) != 1)
		return;
	/* Nothing can be done about a failure, and the descriptor is gone. */
	(void)iommufd__close(ctx->fd);
	free(ctx);
}

IOMMUFD_API struct iommufd_ctx *iommufd_ctx_ref(struct iommufd_ctx *ctx)
{
	return ctx ? iommufd__ctx_get(ctx) : NULL;
}

static struct iommufd_ctx *ctx_new(void)
{
	struct iommufd_ctx *ctx = calloc(1, sizeof(*ctx));

	if (ctx)
		atomic_init(&ctx->refs, 1);
	return ctx;
}

/* A failed command of the context itself. */
static int failed(uint32_t op, int fd, uint32_t id, uint64_t arg, int err)
{
	const struct iommufd_failure call = {
		.op = op, .fd = fd, .object_id = id, .memory_fd = -1, .arg = arg
	};

	return iommufd__failed(&call, err);
}

IOMMUFD_API int iommufd_ctx_open(const char *path, struct iommufd_ctx **ctx)
{
	struct iommufd_ctx *new;

	if (!ctx)
		return iommufd__refused(IOMMUFD_OP_CTX_OPEN,
					IOMMUFD_CAUSE_NULL_POINTER);
	new = ctx_new();
	if (!new)
		return iommufd__refused(IOMMUFD_OP_CTX_OPEN,
					IOMMUFD_CAUSE_NO_MEMORY);
	new->fd = iommufd__open(path ? path : "/dev/iommu");
	if (new->fd < 0) {
		int err = -new->fd;

		free(new);
		return failed(IOMMUFD_OP_CTX_OPEN, -1, 0, path != NULL, err);
	}
	*ctx = new;
	return 0;
}

/*
 * No command takes a struct of size 0: one that exists says EINVAL before it
 * looks at anything else.
 */
static int probe(int fd, uint32_t nr)
{
	uint32_t size = 0;
	int ret = iommufd__ioctl(fd, nr, &size);
	int err = -ret;
	const struct iommufd_failure call = {
		.op = IOMMUFD_OP_CTX_PROBE,
		.fd = fd,
		.memory_fd = -1,
		.arg = nr,
	};

	if (err == EINVAL || ret >= 0)
		return 0;
	/* The absence of a command that every kernel has says more. */
	if (nr >= IOMMUFD_NR_DESTROY && nr <= IOMMUFD_NR_VFIO_IOAS)
		return iommufd__failed_as(
			&call, err,
			iommufd__cause_of(IOMMUFD_OP_IOAS_ALLOC, err));
	return iommufd__failed(&call, err);
}

/* Every iommufd answers this, in any state, and nothing else does. */
static int verify(int fd)
{
	struct uapi_option cmd = { .size = sizeof(cmd),
				   .option_id = UAPI_OPTION_RLIMIT_MODE,
				   .op = UAPI_OPTION_OP_GET };
	int ret = iommufd__ioctl(fd, IOMMUFD_NR_OPTION, &cmd);

	return ret < 0 ? failed(IOMMUFD_OP_CTX_ADOPT, fd, 0, 0, -ret) : 0;
}

static int adopt_fd(struct iommufd_ctx *ctx, int fd, uint32_t flags)
{
	int ret;

	if (flags & IOMMUFD_ADOPT_VERIFY) {
		ret = verify(fd);
		if (ret)
			return ret;
	}
	ctx->fd = flags & IOMMUFD_ADOPT_TAKE_FD ? fd : iommufd__dup(fd);
	if (ctx->fd < 0)
		return failed(IOMMUFD_OP_CTX_ADOPT, fd, 0, 0, -ctx->fd);
	return 0;
}

IOMMUFD_API int iommufd_ctx_adopt(int fd, uint32_t flags,
				  struct iommufd_ctx **ctx)
{
	const uint32_t known = IOMMUFD_ADOPT_TAKE_FD | IOMMUFD_ADOPT_VERIFY;
	struct iommufd_ctx *new;
	int ret;

	if (!ctx)
		return iommufd__refused(IOMMUFD_OP_CTX_ADOPT,
					IOMMUFD_CAUSE_NULL_POINTER);
	if (flags & ~known)
		return iommufd__refused(IOMMUFD_OP_CTX_ADOPT,
					IOMMUFD_CAUSE_BAD_FLAGS);
	if (fd < 0)
		return failed(IOMMUFD_OP_CTX_ADOPT, fd, 0, 0, EBADF);
	new = ctx_new();
	if (!new)
		return iommufd__refused(IOMMUFD_OP_CTX_ADOPT,
					IOMMUFD_CAUSE_NO_MEMORY);
	ret = adopt_fd(new, fd, flags);
	if (ret) {
		free(new);
		return ret;
	}
	*ctx = new;
	return 0;
}

IOMMUFD_API void iommufd_ctx_close(struct iommufd_ctx *ctx)
{
	if (ctx)
		iommufd__ctx_put(ctx);
}

IOMMUFD_API int iommufd_ctx_fd(const struct iommufd_ctx *ctx)
{
	return ctx ? ctx->fd : -1;
}

/* Numbers fill one byte of the ioctl code; more would reach other commands. */
#define NR_MAX 0xff

IOMMUFD_API int iommufd_ctx_probe(struct iommufd_ctx *ctx, uint32_t nr)
{
	if (!ctx)
		return iommufd__refused(IOMMUFD_OP_CTX_PROBE,
					IOMMUFD_CAUSE_NULL_POINTER);
	if (nr > NR_MAX)
		return iommufd__refused(IOMMUFD_OP_CTX_PROBE,
					IOMMUFD_CAUSE_BAD_VALUE);
	return probe(ctx->fd, nr);
}

IOMMUFD_API int iommufd_ctx_ioctl(struct iommufd_ctx *ctx, uint32_t nr,
				  void *arg, int32_t *result)
{
	int ret;

	if (!ctx || !arg)
		return iommufd__refused(IOMMUFD_OP_CTX_IOCTL,
					IOMMUFD_CAUSE_NULL_POINTER);
	if (nr > NR_MAX)
		return iommufd__refused(IOMMUFD_OP_CTX_IOCTL,
					IOMMUFD_CAUSE_BAD_VALUE);
	ret = iommufd__ioctl(ctx->fd, nr, arg);
	if (ret < 0)
		return failed(IOMMUFD_OP_CTX_IOCTL, ctx->fd, 0, nr, -ret);
	if (result)
		*result = ret;
	return 0;
}

IOMMUFD_API int iommufd_ctx_destroy_id(struct iommufd_ctx *ctx, uint32_t id)
{
	if (!ctx)
		return iommufd__refused(IOMMUFD_OP_DESTROY,
					IOMMUFD_CAUSE_NULL_POINTER);
	return iommufd__destroy_id(ctx, id);
}

IOMMUFD_API int iommufd_ctx_rlimit_mode_set(struct iommufd_ctx *ctx,
					    uint32_t mode)
{
	struct uapi_option cmd = { .size = sizeof(cmd),
				   .option_id = UAPI_OPTION_RLIMIT_MODE,
				   .op = UAPI_OPTION_OP_SET,
				   .val64 = mode };
	int ret;

	if (!ctx)
		return iommufd__refused(IOMMUFD_OP_RLIMIT_MODE,
					IOMMUFD_CAUSE_NULL_POINTER);
	ret = iommufd__ioctl(ctx->fd, IOMMUFD_NR_OPTION, &cmd);
	if (ret < 0)
		return failed(IOMMUFD_OP_RLIMIT_MODE, ctx->fd, 0, mode, -ret);
	return 0;
}

IOMMUFD_API int iommufd_ctx_rlimit_mode_get(struct iommufd_ctx *ctx,
					    uint32_t *mode)
{
	struct uapi_option cmd = { .size = sizeof(cmd),
				   .option_id = UAPI_OPTION_RLIMIT_MODE,
				   .op = UAPI_OPTION_OP_GET };
	int ret;

	if (!ctx || !mode)
		return iommufd__refused(IOMMUFD_OP_RLIMIT_MODE,
					IOMMUFD_CAUSE_NULL_POINTER);
	ret = iommufd__ioctl(ctx->fd, IOMMUFD_NR_OPTION, &cmd);
	if (ret < 0)
		return failed(IOMMUFD_OP_RLIMIT_MODE, ctx->fd, 0, 0, -ret);
	*mode = (uint32_t)cmd.val64;
	return 0;
}

IOMMUFD_API int iommufd_ctx_change_process(struct iommufd_ctx *ctx)
{
	struct uapi_ioas_change_process cmd = { .size = sizeof(cmd) };
	int ret;

	if (!ctx)
		return iommufd__refused(IOMMUFD_OP_CHANGE_PROCESS,
					IOMMUFD_CAUSE_NULL_POINTER);
	ret = iommufd__ioctl(ctx->fd, IOMMUFD_NR_IOAS_CHANGE_PROCESS, &cmd);
	if (ret < 0)
		return failed(IOMMUFD_OP_CHANGE_PROCESS, ctx->fd, 0, 0, -ret);
	return 0;
}

/* One command with three operations; each of them can only fail alike. */
static int vfio_ioas(struct iommufd_ctx *ctx, uint16_t op, uint32_t *id)
{
	struct uapi_vfio_ioas cmd = { .size = sizeof(cmd),
				      .ioas_id = *id,
				      .op = op };
	int ret = iommufd__ioctl(ctx->fd, IOMMUFD_NR_VFIO_IOAS, &cmd);

	if (ret < 0)
		return failed(IOMMUFD_OP_VFIO_IOAS, ctx->fd, *id, op, -ret);
	*id = cmd.ioas_id;
	return 0;
}

IOMMUFD_API int iommufd_ctx_vfio_ioas_set(struct iommufd_ctx *ctx,
					  const struct iommufd_ioas *ioas)
{
	uint32_t id = iommufd_ioas_id(ioas);

	if (!ctx || !ioas)
		return iommufd__refused(IOMMUFD_OP_VFIO_IOAS,
					IOMMUFD_CAUSE_NULL_POINTER);
	if (iommufd_ioas_ctx(ioas) != ctx)
		return iommufd__refused(IOMMUFD_OP_VFIO_IOAS,
					IOMMUFD_CAUSE_OTHER_CONTEXT);
	return vfio_ioas(ctx, UAPI_VFIO_IOAS_SET, &id);
}

IOMMUFD_API int iommufd_ctx_vfio_ioas_get(struct iommufd_ctx *ctx, uint32_t *id)
{
	uint32_t found = 0;
	int ret;

	if (!ctx || !id)
		return iommufd__refused(IOMMUFD_OP_VFIO_IOAS,
					IOMMUFD_CAUSE_NULL_POINTER);
	ret = vfio_ioas(ctx, UAPI_VFIO_IOAS_GET, &found);
	if (!ret)
		*id = found;
	return ret;
}

IOMMUFD_API int iommufd_ctx_vfio_ioas_clear(struct iommufd_ctx *ctx)
{
	uint32_t id = 0;

	if (!ctx)
		return iommufd__refused(IOMMUFD_OP_VFIO_IOAS,
					IOMMUFD_CAUSE_NULL_POINTER);
	return vfio_ioas(ctx, UAPI_VFIO_IOAS_CLEAR, &id);
}
