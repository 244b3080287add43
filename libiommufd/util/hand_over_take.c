/* SPDX-License-Identifier: MIT */
/* A hand-over in the new process: take, and become the owner. */
#include "hand_over.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* The position of what is asked for, and not taken yet; or the count. */
static uint32_t wanted(const struct iommufd_hand_over *h,
		       const struct iommufd_hand_over_object *o)
{
	uint32_t i = IOMMUFD__HAND_OVER_OWN;

	if (!h->is_new)
		return h->count;
	if (!o->name && !o->kind) {
		while (i < h->count && h->taken[i])
			i++;
		return i;
	}
	i = iommufd__hand_over_find(h, o->kind, o->name);
	/* Those before are our own, which have a kind too, and no name. */
	if (i < IOMMUFD__HAND_OVER_OWN)
		return h->count;
	return i < h->count && h->taken[i] ? h->count : i;
}

/* The kernel tells the kind of a device by its id: it must be the one it was. */
static int take_vfio(const struct iommufd_hand_over *h,
		     const struct iommufd__hand_over_thing *t, int fd,
		     struct iommufd_vfio **file)
{
	struct iommufd_vfio_info info = { .size = sizeof(info) };
	struct iommufd_vfio *new;
	int ret = iommufd_vfio_adopt_bound(h->ctx, t->id, fd, 0, &new);

	if (ret)
		return ret;
	ret = iommufd_vfio_get_info(new, &info);
	if (!ret && iommufd_vfio_kind(new) != t->device_kind &&
	    t->device_kind != IOMMUFD_VFIO_UNKNOWN)
		ret = iommufd__hand_over_refused(IOMMUFD_CAUSE_OBJECT);
	if (ret)
		iommufd_vfio_close(new);
	else
		*file = new;
	return ret;
}

static int adopt(const struct iommufd_hand_over *h, uint32_t i,
		 struct iommufd_hand_over_object *o)
{
	const struct iommufd__hand_over_thing *t = &h->things[i];
	const uint32_t owned = IOMMUFD_ADOPT_OWNED;
	const uint32_t sure = IOMMUFD_ADOPT_OWNED | IOMMUFD_ADOPT_VERIFY;

	switch (t->kind) {
	case IOMMUFD_HAND_OVER_IOAS:
		return iommufd_ioas_adopt(h->ctx, t->id, sure, &o->ioas);
	case IOMMUFD_HAND_OVER_HWPT:
		return iommufd_hwpt_adopt(h->ctx, t->id, sure, &o->hwpt);
	case IOMMUFD_HAND_OVER_HWPT_NESTED:
		return iommufd_hwpt_adopt(h->ctx, t->id, owned, &o->hwpt);
	case IOMMUFD_HAND_OVER_VFIO:
		return take_vfio(h, t, h->fds[i], &o->vfio);
	case IOMMUFD_HAND_OVER_VIOMMU:
		return iommufd_viommu_adopt(h->ctx, t->id, owned, &o->viommu);
	case IOMMUFD_HAND_OVER_VDEVICE:
		return iommufd_vdevice_adopt(h->ctx, t->id, owned, &o->vdevice);
	case IOMMUFD_HAND_OVER_HW_QUEUE:
		return iommufd_hw_queue_adopt(h->ctx, t->id, owned,
					      &o->hw_queue);
	case IOMMUFD_HAND_OVER_FAULT_QUEUE:
		return iommufd_fault_queue_adopt(h->ctx, t->id, h->fds[i],
						 owned, &o->fault_queue);
	case IOMMUFD_HAND_OVER_VEVENTQ:
		return iommufd_veventq_adopt(h->ctx, t->id, h->fds[i], owned,
					     &o->veventq);
	default:
		return iommufd__hand_over_dup(h->fds[i], &o->fd);
	}
}

UTIL_API int iommufd_hand_over_take(struct iommufd_hand_over *hand_over,
				    struct iommufd_hand_over_object *object)
{
	struct iommufd_hand_over_object o = { .size = sizeof(o), .fd = -1 };
	uint32_t cause = IOMMUFD_CAUSE_NULL_POINTER, i;
	int ret;

	if (hand_over)
		cause = iommufd__util_in_check(object,
					       IOMMUFD__HAND_OVER_OBJECT_MIN);
	if (!cause && !object->name && object->kind)
		cause = IOMMUFD_CAUSE_NULL_POINTER;
	if (cause)
		return iommufd__hand_over_refused(cause);
	i = wanted(hand_over, object);
	if (i == hand_over->count)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_HAND_OVER_NAME);
	o.kind = hand_over->things[i].kind;
	o.name = hand_over->things[i].name;
	o.value = hand_over->things[i].value;
	o.page_table = hand_over->things[i].page_table;
	ret = adopt(hand_over, i, &o);
	if (ret)
		return ret;
	hand_over->taken[i] = 1;
	iommufd__util_out_store(object, &o, sizeof(o));
	return 0;
}

/* Its end of the pipe goes with the memory that is accounted to it. */
static int old_is_gone(const struct iommufd_hand_over *h)
{
	struct pollfd end = { .fd = h->fds[1], .events = POLLIN };
	int n;

	/* A signal interrupts it though it does not wait. */
	do
		n = poll(&end, 1, 0);
	while (n < 0 && errno == EINTR);
	return n != 0;
}

/*
 * Accounted by process, memory cannot be taken off the account of a process that
 * is gone: the kernel would warn of that in its log.
 */
static int check_old(const struct iommufd_hand_over *h)
{
	uint32_t mode;
	int ret = iommufd_ctx_rlimit_mode_get(h->ctx, &mode);

	if (ret || mode != IOMMUFD_RLIMIT_MODE_PROCESS || !old_is_gone(h))
		return ret;
	return iommufd__util_failed(IOMMUFD_OP_HAND_OVER,
				    IOMMUFD_CAUSE_MAPPER_GONE, ESRCH);
}

UTIL_API int iommufd_hand_over_finish(struct iommufd_hand_over *hand_over)
{
	int ret;

	if (!hand_over)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_NULL_POINTER);
	for (uint32_t i = IOMMUFD__HAND_OVER_OWN; i < hand_over->count; i++)
		if (!hand_over->taken[i])
			return iommufd__hand_over_refused(
				IOMMUFD_CAUSE_HAND_OVER_LEFT);
	ret = check_old(hand_over);
	if (!ret)
		ret = iommufd_ctx_change_process(hand_over->ctx);
	if (!ret)
		iommufd_hand_over_release(hand_over);
	return ret;
}
