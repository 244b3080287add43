/* SPDX-License-Identifier: MIT */
/* What the files of the library share. Each object's struct is in its own .c. */
#ifndef LIBIOMMUFD_INTERNAL_H
#define LIBIOMMUFD_INTERNAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <iommufd/iommufd.h>
#include "private.h"
#include "uapi.h"

#define IOMMUFD_API __attribute__((visibility("default")))

/* sys.c: the only file that makes system calls. Each gives the result, or a
 * negative errno. */
int iommufd__open(const char *path);
int iommufd__close(int fd);
int iommufd__dup(int fd);
int iommufd__ioctl(int fd, uint32_t nr, void *arg);
int iommufd__read(int fd, void *buffer, uint32_t length);
int iommufd__write(int fd, const void *buffer, uint32_t length);
int iommufd__mmap(int fd, size_t length, off_t offset, void **address);
int iommufd__munmap(void *address, size_t length);

/* causes.c: which cause an errno has, by operation. */
uint32_t iommufd__cause_of(uint32_t op, int err);

/*
 * failure.c: every failure goes through one of these. @call says what was
 * tried; `size` and `ret` are filled in. The result is the typed error.
 *
 * failed(): the system answered @err, and the table of causes knows why.
 * failed_as(): the same with a cause that the caller knows better.
 * refused(): the library said no; the errno follows from the cause.
 * refused_as(): the same with what there is to say of the call.
 */
int iommufd__failed(const struct iommufd_failure *call, int err);
int iommufd__failed_as(const struct iommufd_failure *call, int err,
		       uint32_t cause);
int iommufd__refused(uint32_t op, uint32_t cause);
int iommufd__refused_as(const struct iommufd_failure *call, uint32_t cause);

/*
 * structs.c: the caller's structs that begin with their size. @min is the size
 * in the first release and never changes, @known is today's.
 */
uint32_t iommufd__opts_load(void *opts, uint32_t known, const void *from,
			    uint32_t min);
uint32_t iommufd__out_check(const void *out, uint32_t min);
void iommufd__out_store(void *out, const void *from, uint32_t known);

/* ctx.c */
struct iommufd_ctx *iommufd__ctx_get(struct iommufd_ctx *ctx);
void iommufd__ctx_put(struct iommufd_ctx *ctx);

/* object.c: what every object with an id of its own has. */
struct iommufd__object {
	struct iommufd_ctx *ctx;
	uint32_t id;
	uint32_t borrowed;
	int fd; /* of an event queue, else -1 */
};

/* The kernel gives out 1 to 2^31-1. */
static inline int iommufd__id_is_possible(uint32_t id)
{
	return id >= 1 && id <= INT32_MAX;
}

struct iommufd__object *iommufd__object_new(struct iommufd_ctx *ctx);
int iommufd__object_adopt(struct iommufd_ctx *ctx, uint32_t id, uint32_t flags,
			  uint32_t known, uint32_t op,
			  struct iommufd__object **object);
int iommufd__object_destroy(struct iommufd__object *object);
void iommufd__object_release(struct iommufd__object *object);
int iommufd__destroy_id(struct iommufd_ctx *ctx, uint32_t id);

/* event.c: what fault queues and virtual event queues have in common. */
int iommufd__event_adopt(struct iommufd_ctx *ctx, uint32_t id, int fd,
			 uint32_t flags, uint32_t op,
			 struct iommufd__object **queue);
int iommufd__event_read(const struct iommufd__object *queue, uint32_t op,
			void *buffer, uint32_t *length);
void iommufd__event_close_fd(struct iommufd__object *queue);

/* hwpt.c: @cmd lacks only its size and the device. */
int iommufd__hwpt_alloc(struct iommufd_device *device,
			struct uapi_hwpt_alloc *cmd,
			struct iommufd_hwpt **hwpt);

/* vfio.c: the reference-counted file below a device or access. */
int iommufd__vfio_get(struct iommufd_vfio *file, uint32_t op, uint32_t kind,
		      struct iommufd_ctx **ctx);
extern const struct iommufd_private_ops iommufd__vfio_ops;

/* Requests on a bound file: whether it is one, and the record of a failure. */
int iommufd__vfio_check(const struct iommufd_vfio *file, uint32_t op);
int iommufd__vfio_short(const struct iommufd_vfio *file, uint32_t op,
			uint32_t index, uint64_t needed);
int iommufd__vfio_failed(const struct iommufd_vfio *file, uint32_t op,
			 uint64_t arg, int err);

/* bound.c: what a device and an access have in common. */
struct iommufd__bound {
	struct iommufd_ctx *ctx;
	const struct iommufd_private_ops *ops;
	void *base;
	uint32_t id;
};

struct iommufd__bound *iommufd__bound_new(struct iommufd_ctx *ctx, uint32_t id,
					  const struct iommufd_private_ops *ops,
					  void *base);
int iommufd__bound_private(uint32_t op, struct iommufd_ctx *ctx, uint32_t id,
			   const struct iommufd_private_ops *ops, void *base,
			   struct iommufd__bound **bound);
int iommufd__bound_from_vfio(struct iommufd_vfio *file, uint32_t kind,
			     uint32_t op, struct iommufd__bound **bound);
void iommufd__bound_close(struct iommufd__bound *bound);
/* @pasid 0 is the device itself. */
int iommufd__bound_attach(struct iommufd__bound *bound, uint32_t op,
			  uint32_t pasid, uint32_t *pt_id);
int iommufd__bound_detach(struct iommufd__bound *bound, uint32_t op,
			  uint32_t pasid);

static inline uint64_t iommufd__u64(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

#endif /* LIBIOMMUFD_INTERNAL_H */
