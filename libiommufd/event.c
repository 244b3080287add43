/* SPDX-License-Identifier: MIT */
/* What fault queues and virtual event queues have in common: a descriptor. */
#include <errno.h>

#include "internal.h"

static int event_failed(const struct iommufd__object *queue, int fd,
			uint32_t op, uint64_t length, int err)
{
	const struct iommufd_failure call = { .op = op,
					      .fd = fd,
					      .object_id = queue->id,
					      .memory_fd = -1,
					      .length = length };

	return iommufd__failed(&call, err);
}

int iommufd__event_adopt(struct iommufd_ctx *ctx, uint32_t id, int fd,
			 uint32_t flags, uint32_t op,
			 struct iommufd__object **queue)
{
	const uint32_t known = IOMMUFD_ADOPT_OWNED | IOMMUFD_ADOPT_TAKE_FD;
	struct iommufd__object *new;
	int copy, ret;

	ret = iommufd__object_adopt(ctx, id, flags, known, op,
				    queue ? &new : NULL);
	if (ret)
		return ret;
	copy = flags & IOMMUFD_ADOPT_TAKE_FD ? fd : iommufd__dup(fd);
	if (fd >= 0 && copy >= 0) {
		new->fd = copy;
		*queue = new;
		return 0;
	}
	ret = event_failed(new, fd, op, 0, fd < 0 ? EBADF : -copy);
	iommufd__object_release(new);
	return ret;
}

int iommufd__event_read(const struct iommufd__object *queue, uint32_t op,
			void *buffer, uint32_t *length)
{
	int ret = iommufd__read(queue->fd, buffer, *length);

	if (ret < 0)
		return event_failed(queue, queue->fd, op, *length, -ret);
	*length = (uint32_t)ret;
	return 0;
}

void iommufd__event_close_fd(struct iommufd__object *queue)
{
	if (!queue || queue->fd < 0)
		return;
	(void)iommufd__close(queue->fd);
	queue->fd = -1;
}
