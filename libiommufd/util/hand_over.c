/* SPDX-License-Identifier: MIT */
/* A hand-over in the old process: begin, add; and its end in either. */
#include "hand_over.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_ROOM 16
#define FIRST_FD   3 /* below are those that a program is born with */

int iommufd__hand_over_refused(uint32_t cause)
{
	return iommufd__util_refused(IOMMUFD_OP_HAND_OVER, cause);
}

int iommufd__hand_over_failed(int err)
{
	uint32_t cause = IOMMUFD_CAUSE_UNSPECIFIC;

	switch (err) {
	case EBADF:
		cause = IOMMUFD_CAUSE_BAD_FD;
		break;
	case EMFILE:
	case ENFILE:
	case ETOOMANYREFS:
		cause = IOMMUFD_CAUSE_DESCRIPTORS;
		break;
	case ENOMEM:
	case ENOBUFS:
	case ENOSPC:
		cause = IOMMUFD_CAUSE_NO_MEMORY;
		break;
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
	case EAGAIN:
		cause = IOMMUFD_CAUSE_HAND_OVER_PEER;
		break;
	default:
		break;
	}
	return iommufd__util_failed(IOMMUFD_OP_HAND_OVER, cause, err);
}

int iommufd__hand_over_identify(int fd, struct iommufd__hand_over_file *file)
{
	struct stat st;

	if (fstat(fd, &st))
		return errno;
	memset(file, 0, sizeof(*file));
	file->device = st.st_dev;
	file->inode = st.st_ino;
	file->number = st.st_rdev;
	file->type = st.st_mode & S_IFMT;
	file->valid = 1;
	return 0;
}

int iommufd__hand_over_dup(int fd, int32_t *copy)
{
	int new = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);

	/* EINVAL: the limit is so low that the first number is above it. */
	if (new < 0)
		return iommufd__hand_over_failed(errno == EINVAL ? EMFILE
								 : errno);
	*copy = new;
	return 0;
}

/* ---- room -------------------------------------------------------------------- */

static int set_room(struct iommufd_hand_over *h, uint32_t room)
{
	void *new;

	new = realloc(h->things, room * sizeof(*h->things));
	if (!new)
		return -1;
	h->things = new;
	new = realloc(h->fds, room * sizeof(*h->fds));
	if (!new)
		return -1;
	h->fds = new;
	new = realloc(h->taken, room * sizeof(*h->taken));
	if (!new)
		return -1;
	h->taken = new;
	for (uint32_t i = h->room; i < room; i++) {
		h->fds[i] = -1;
		h->taken[i] = 0;
	}
	h->room = room;
	return 0;
}

struct iommufd_hand_over *iommufd__hand_over_alloc(uint32_t room)
{
	struct iommufd_hand_over *new = calloc(1, sizeof(*new));

	if (!new)
		return NULL;
	new->old = -1;
	new->file = -1;
	if (!set_room(new, room))
		return new;
	iommufd_hand_over_release(new);
	return NULL;
}

UTIL_API void iommufd_hand_over_release(struct iommufd_hand_over *hand_over)
{
	if (!hand_over)
		return;
	for (uint32_t i = 0; i < hand_over->count; i++)
		if (hand_over->fds[i] >= 0)
			close(hand_over->fds[i]);
	if (hand_over->old >= 0)
		close(hand_over->old);
	if (hand_over->file >= 0)
		close(hand_over->file);
	free(hand_over->things);
	free(hand_over->fds);
	free(hand_over->taken);
	free(hand_over);
}

/* ---- adding ------------------------------------------------------------------ */

/* With a descriptor that becomes the hand-over's; there is room. */
static int append(struct iommufd_hand_over *h,
		  const struct iommufd__hand_over_thing *thing, int fd)
{
	struct iommufd__hand_over_thing *new = &h->things[h->count];
	int err;

	*new = *thing;
	if (fd >= 0) {
		err = iommufd__hand_over_identify(fd, &new->file);
		if (err) {
			close(fd);
			return iommufd__hand_over_failed(err);
		}
	}
	h->fds[h->count++] = fd;
	return 0;
}

static int append_copy(struct iommufd_hand_over *h,
		       const struct iommufd__hand_over_thing *thing, int fd)
{
	int32_t copy = -1;
	int ret = 0;

	if (iommufd__hand_over_has_fd(thing->kind))
		ret = iommufd__hand_over_dup(fd, &copy);
	return ret ? ret : append(h, thing, copy);
}

/*
 * The context, and a pipe: its other end is closed when this process ends or
 * runs another program.
 */
static int append_own(struct iommufd_hand_over *h)
{
	const struct iommufd__hand_over_thing ctx = {
		.kind = IOMMUFD__HAND_OVER_CTX
	};
	const struct iommufd__hand_over_thing old = {
		.kind = IOMMUFD__HAND_OVER_OLD
	};
	int ends[2];
	int ret = append_copy(h, &ctx, iommufd_ctx_fd(h->ctx));

	if (ret)
		return ret;
	if (pipe2(ends, O_CLOEXEC))
		return iommufd__hand_over_failed(errno);
	h->old = ends[1];
	ret = append_copy(h, &old, ends[0]);
	close(ends[0]);
	return ret;
}

UTIL_API int iommufd_hand_over_new(struct iommufd_ctx *ctx, uint32_t flags,
				   struct iommufd_hand_over **hand_over)
{
	struct iommufd_hand_over *new;
	int ret;

	if (!ctx || !hand_over)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_NULL_POINTER);
	if (flags)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_BAD_FLAGS);
	/* To the process whose mappings they are: a question, no change. */
	ret = iommufd_ctx_change_process(ctx);
	if (ret)
		return ret;
	new = iommufd__hand_over_alloc(FIRST_ROOM);
	if (!new)
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_NO_MEMORY);
	new->ctx = ctx;
	ret = append_own(new);
	if (ret)
		iommufd_hand_over_release(new);
	else
		*hand_over = new;
	return ret;
}

/* What is to be handed over, whatever kind it is of. */
struct subject {
	const void *handle;
	const struct iommufd_ctx *ctx; /* where its id is valid, or NULL */
	uint32_t id;
	int fd; /* or -1 */
};

#define SUBJECT(kind, tag, handle, its_fd)                                     \
	case IOMMUFD_HAND_OVER_##kind:                                         \
		return (struct subject)                                        \
		{                                                              \
			handle, iommufd_##tag##_ctx(handle),                   \
				iommufd_##tag##_id(handle), its_fd             \
		}

static struct subject look_at(const struct iommufd_hand_over_object *o)
{
	switch (o->kind) {
		SUBJECT(IOAS, ioas, o->ioas, -1);
		SUBJECT(HWPT, hwpt, o->hwpt, -1);
		SUBJECT(HWPT_NESTED, hwpt, o->hwpt, -1);
		SUBJECT(VFIO, vfio, o->vfio, iommufd_vfio_fd(o->vfio));
		SUBJECT(VIOMMU, viommu, o->viommu, -1);
		SUBJECT(VDEVICE, vdevice, o->vdevice, -1);
		SUBJECT(HW_QUEUE, hw_queue, o->hw_queue, -1);
		SUBJECT(FAULT_QUEUE, fault_queue, o->fault_queue,
			iommufd_fault_queue_fd(o->fault_queue));
		SUBJECT(VEVENTQ, veventq, o->veventq,
			iommufd_veventq_fd(o->veventq));
	default:
		return (struct subject){ .handle = o, .fd = o->fd };
	}
}

/* What is wrong with it in itself: 0 or a cause. */
static uint32_t check(const struct iommufd_hand_over *h,
		      const struct iommufd_hand_over_object *o,
		      const struct subject *seen)
{
	if (!o->name)
		return IOMMUFD_CAUSE_NULL_POINTER;
	if (h->is_new)
		return IOMMUFD_CAUSE_HAND_OVER_RECEIVED;
	if (h->count == IOMMUFD__HAND_OVER_THINGS_MAX)
		return IOMMUFD_CAUSE_HAND_OVER_FULL;
	if (!o->kind || o->kind > IOMMUFD_HAND_OVER_FD || !*o->name ||
	    strlen(o->name) >= IOMMUFD_HAND_OVER_NAME_MAX ||
	    (o->page_table && o->kind != IOMMUFD_HAND_OVER_VFIO) ||
	    o->page_table > INT32_MAX)
		return IOMMUFD_CAUSE_BAD_VALUE;
	if (iommufd__hand_over_find(h, o->kind, o->name) < h->count)
		return IOMMUFD_CAUSE_HAND_OVER_NAME_TAKEN;
	if (!seen->handle)
		return IOMMUFD_CAUSE_NULL_POINTER;
	if (o->kind == IOMMUFD_HAND_OVER_VFIO && !seen->ctx)
		return IOMMUFD_CAUSE_NOT_BOUND;
	/* Its id would be that of something else. */
	if (seen->ctx && seen->ctx != h->ctx)
		return IOMMUFD_CAUSE_OTHER_CONTEXT;
	/* A queue whose descriptor has been closed is of use to nobody. */
	if (seen->fd < 0 && o->kind != IOMMUFD_HAND_OVER_FD &&
	    iommufd__hand_over_has_fd(o->kind))
		return IOMMUFD_CAUSE_NULL_POINTER;
	return 0;
}

/*
 * Is it what it is said to be, as far as the kernel tells? The new process asks
 * the same, when it may be too late to go back.
 */
static int verify(const struct iommufd_hand_over *h, uint32_t kind, uint32_t id)
{
	struct iommufd_ioas *ioas = NULL;
	struct iommufd_hwpt *hwpt = NULL;
	int ret = 0;

	if (kind == IOMMUFD_HAND_OVER_IOAS)
		ret = iommufd_ioas_adopt(h->ctx, id, IOMMUFD_ADOPT_VERIFY,
					 &ioas);
	else if (kind == IOMMUFD_HAND_OVER_HWPT)
		ret = iommufd_hwpt_adopt(h->ctx, id, IOMMUFD_ADOPT_VERIFY,
					 &hwpt);
	iommufd_ioas_release(ioas);
	iommufd_hwpt_release(hwpt);
	return ret;
}

static int add(struct iommufd_hand_over *h,
	       const struct iommufd_hand_over_object *o)
{
	struct iommufd__hand_over_thing thing = { .kind = o->kind,
						  .page_table = o->page_table,
						  .value = o->value };
	const struct subject seen = look_at(o);
	uint32_t cause = check(h, o, &seen);
	int ret;

	if (cause)
		return iommufd__hand_over_refused(cause);
	thing.id = seen.id;
	ret = verify(h, thing.kind, thing.id);
	if (ret)
		return ret;
	if (o->kind == IOMMUFD_HAND_OVER_VFIO)
		thing.device_kind = iommufd_vfio_kind(o->vfio);
	memcpy(thing.name, o->name, strlen(o->name));
	if (h->count == h->room && set_room(h, 2 * h->room))
		return iommufd__hand_over_refused(IOMMUFD_CAUSE_NO_MEMORY);
	return append_copy(h, &thing, seen.fd);
}

UTIL_API int iommufd_hand_over_add(
	struct iommufd_hand_over *hand_over,
	const struct iommufd_hand_over_object *object)
{
	struct iommufd_hand_over_object o;
	uint32_t cause = IOMMUFD_CAUSE_NULL_POINTER;

	if (hand_over && object)
		cause = iommufd__util_opts_load(&o, sizeof(o), object,
						IOMMUFD__HAND_OVER_OBJECT_MIN);
	return cause ? iommufd__hand_over_refused(cause) : add(hand_over, &o);
}
