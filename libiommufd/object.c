/* SPDX-License-Identifier: MIT */
/* What every object with an id of its own has: adopting, destroying, letting
 * go. */
#include <stdlib.h>

#include "internal.h"

/* Allocated before the kernel is asked, so that nothing can fail after it. */
struct iommufd__object *iommufd__object_new(struct iommufd_ctx *ctx)
{
	struct iommufd__object *object = calloc(1, sizeof(*object));

	if (!object)
		return NULL;
	object->ctx = iommufd__ctx_get(ctx);
	object->fd = -1;
	return object;
}

int iommufd__object_adopt(struct iommufd_ctx *ctx, uint32_t id, uint32_t flags,
			  uint32_t known, uint32_t op,
			  struct iommufd__object **object)
{
	struct iommufd__object *new;

	if (!ctx || !object)
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	if (flags & ~known)
		return iommufd__refused(op, IOMMUFD_CAUSE_BAD_FLAGS);
	if (!iommufd__id_is_possible(id)) {
		const struct iommufd_failure call = { .op = op,
						      .fd = iommufd_ctx_fd(ctx),
						      .object_id = id,
						      .memory_fd = -1 };

		return iommufd__refused_as(&call, IOMMUFD_CAUSE_BAD_ID);
	}
	new = iommufd__object_new(ctx);
	if (!new)
		return iommufd__refused(op, IOMMUFD_CAUSE_NO_MEMORY);
	new->id = id;
	new->borrowed = !(flags & IOMMUFD_ADOPT_OWNED);
	*object = new;
	return 0;
}

int iommufd__destroy_id(struct iommufd_ctx *ctx, uint32_t id)
{
	struct uapi_destroy cmd = { .size = sizeof(cmd), .id = id };
	int fd = iommufd_ctx_fd(ctx);
	int ret = iommufd__ioctl(fd, IOMMUFD_NR_DESTROY, &cmd);

	if (ret < 0) {
		const struct iommufd_failure call = { .op = IOMMUFD_OP_DESTROY,
						      .fd = fd,
						      .object_id = id,
						      .memory_fd = -1 };

		return iommufd__failed(&call, -ret);
	}
	return 0;
}

int iommufd__object_destroy(struct iommufd__object *object)
{
	int ret;

	if (!object)
		return 0;
	if (object->borrowed) {
		const struct iommufd_failure call = {
			.op = IOMMUFD_OP_DESTROY,
			.fd = iommufd_ctx_fd(object->ctx),
			.object_id = object->id,
			.memory_fd = -1,
		};

		return iommufd__refused_as(&call, IOMMUFD_CAUSE_BORROWED);
	}
	ret = iommufd__destroy_id(object->ctx, object->id);
	if (!ret)
		iommufd__object_release(object);
	return ret;
}

void iommufd__object_release(struct iommufd__object *object)
{
	if (!object)
		return;
	iommufd__event_close_fd(object);
	iommufd__ctx_put(object->ctx);
	free(object);
}
