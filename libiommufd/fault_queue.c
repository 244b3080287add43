/* SPDX-License-Identifier: MIT */
/* Fault queues. */
#include <errno.h>

#include "internal.h"

_Static_assert(sizeof(struct iommufd_hwpt_pgfault) == 40,
	       "the kernel's layout");
_Static_assert(sizeof(struct iommufd_hwpt_page_response) == 8,
	       "the kernel's layout");

/* More at a time would not fit what one read can return. */
#define RECORDS_MAX (UINT32_C(1) << 20)

static struct iommufd__object *object_of(struct iommufd_fault_queue *queue)
{
	return (struct iommufd__object *)queue;
}

IOMMUFD_API int iommufd_fault_queue_alloc(struct iommufd_ctx *ctx,
					  uint32_t flags,
					  struct iommufd_fault_queue **queue)
{
	struct uapi_fault_queue_alloc cmd = { .size = sizeof(cmd),
					      .flags = flags };
	struct iommufd_failure call = { .op = IOMMUFD_OP_FAULT_QUEUE_ALLOC,
					.flags = flags,
					.memory_fd = -1 };
	struct iommufd__object *new;
	int ret;

	if (!ctx || !queue)
		return iommufd__refused(call.op, IOMMUFD_CAUSE_NULL_POINTER);
	new = iommufd__object_new(ctx);
	if (!new)
		return iommufd__refused(call.op, IOMMUFD_CAUSE_NO_MEMORY);
	call.fd = iommufd_ctx_fd(ctx);
	ret = iommufd__ioctl(call.fd, IOMMUFD_NR_FAULT_QUEUE_ALLOC, &cmd);
	if (ret < 0) {
		iommufd__object_release(new);
		return iommufd__failed(&call, -ret);
	}
	new->id = cmd.out_fault_id;
	new->fd = (int)cmd.out_fault_fd;
	*queue = (struct iommufd_fault_queue *)new;
	return 0;
}

IOMMUFD_API int iommufd_fault_queue_adopt(struct iommufd_ctx *ctx, uint32_t id,
					  int fd, uint32_t flags,
					  struct iommufd_fault_queue **queue)
{
	struct iommufd__object *new;
	int ret = iommufd__event_adopt(ctx, id, fd, flags,
				       IOMMUFD_OP_FAULT_QUEUE_ADOPT,
				       queue ? &new : NULL);

	if (!ret)
		*queue = (struct iommufd_fault_queue *)new;
	return ret;
}

IOMMUFD_API uint32_t
iommufd_fault_queue_id(const struct iommufd_fault_queue *queue)
{
	return queue ? ((const struct iommufd__object *)queue)->id : 0;
}

IOMMUFD_API struct iommufd_ctx *iommufd_fault_queue_ctx(
	const struct iommufd_fault_queue *queue)
{
	return queue ? ((const struct iommufd__object *)queue)->ctx : NULL;
}

IOMMUFD_API int iommufd_fault_queue_fd(const struct iommufd_fault_queue *queue)
{
	return queue ? ((const struct iommufd__object *)queue)->fd : -1;
}

static uint32_t at_most(uint32_t count)
{
	return count < RECORDS_MAX ? count : RECORDS_MAX;
}

IOMMUFD_API int iommufd_fault_queue_read(struct iommufd_fault_queue *queue,
					 struct iommufd_hwpt_pgfault *faults,
					 uint32_t *count)
{
	const uint32_t op = IOMMUFD_OP_FAULT_QUEUE_READ;
	uint32_t length;
	int ret;

	if (!queue || !count || (*count && !faults))
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	length = at_most(*count) * (uint32_t)sizeof(*faults);
	ret = iommufd__event_read(object_of(queue), op, faults, &length);
	if (!ret)
		*count = length / (uint32_t)sizeof(*faults);
	return ret;
}

/*
 * The kernel has one errno for a cookie and a code that it does not know. What
 * it could not read is not read here either.
 */
static int respond_failed(const struct iommufd__object *queue,
			  const struct iommufd_hwpt_page_response *first,
			  uint32_t count, int err)
{
	const int was_read = count && err == EINVAL;
	const struct iommufd_failure call = {
		.op = IOMMUFD_OP_FAULT_QUEUE_RESPOND,
		.fd = queue->fd,
		.object_id = queue->id,
		.other_id = was_read ? first->cookie : 0,
		.memory_fd = -1,
		.length = count,
		.arg = was_read ? first->code : 0,
	};

	if (was_read && call.arg > IOMMUFD_PAGE_RESPONSE_INVALID)
		return iommufd__failed_as(&call, err, IOMMUFD_CAUSE_BAD_VALUE);
	return iommufd__failed(&call, err);
}

IOMMUFD_API int iommufd_fault_queue_respond(
	struct iommufd_fault_queue *queue,
	const struct iommufd_hwpt_page_response *responses, uint32_t *count)
{
	const uint32_t op = IOMMUFD_OP_FAULT_QUEUE_RESPOND;
	uint32_t given;
	int ret;

	if (!count)
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	given = at_most(*count);
	*count = 0;
	if (!queue || (given && !responses))
		return iommufd__refused(op, IOMMUFD_CAUSE_NULL_POINTER);
	ret = iommufd__write(object_of(queue)->fd, responses,
			     given * (uint32_t)sizeof(*responses));
	if (ret < 0)
		return respond_failed(object_of(queue), responses, given, -ret);
	*count = (uint32_t)ret / (uint32_t)sizeof(*responses);
	return 0;
}

IOMMUFD_API void iommufd_fault_queue_close_fd(struct iommufd_fault_queue *queue)
{
	iommufd__event_close_fd(object_of(queue));
}

IOMMUFD_API int iommufd_fault_queue_destroy(struct iommufd_fault_queue *queue)
{
	return iommufd__object_destroy(object_of(queue));
}

IOMMUFD_API void iommufd_fault_queue_release(struct iommufd_fault_queue *queue)
{
	iommufd__object_release(object_of(queue));
}
